/** Where the people of the last seconds walked while a scene is drawn over them. */
import type { Floor } from '../../geometry/floor';
import { tileKey } from '../../geometry/floor';
import type { Point } from '../../geometry/homography';

/** The feet of one person, the newest last. */
export interface Track {
  id: string;
  feet: readonly Point[];
  /** When the person was seen last, in milliseconds. */
  seen: number;
}

/** Somebody in the picture that is shown just now. */
export interface Seen {
  track: string;
  foot: readonly [number, number];
}

/** How long a way stays after its person has left, in milliseconds. */
export const TRACK_LASTS = 30_000;
const MOST_TRACKS = 12;
const MOST_FEET = 400;

/** The ways with the feet of the people who are seen now (milliseconds); the same object when nothing changed. */
export function walkedOn(tracks: readonly Track[], people: readonly Seen[], now: number): readonly Track[] {
  const kept = tracks.filter((track) => now - track.seen < TRACK_LASTS);
  if (!people.length) return kept.length === tracks.length ? tracks : kept;
  const byId = new Map(kept.map((track) => [track.id, track]));
  for (const { track, foot } of people) {
    const feet = byId.get(track)?.feet ?? [];
    const last = feet.at(-1);
    const stands = last && last[0] === foot[0] && last[1] === foot[1];
    byId.set(track, { id: track, feet: stands ? feet : [...feet, foot].slice(-MOST_FEET), seen: now });
  }
  return [...byId.values()].sort((a, b) => b.seen - a.seen).slice(0, MOST_TRACKS);
}

/** The tiles of a floor on which people stand now. */
export function tilesUnder(floor: Floor | null, people: readonly Seen[]): ReadonlySet<string> {
  const under = people.map(({ foot }) => floor?.tileAt(foot)).filter((tile) => tile != null);
  return new Set(under.map(([column, row]) => tileKey(column, row)));
}
