/**
 * Which tiles are painted at a moment: where each track walked, and what the rule made of its crossing.
 *
 * Everything is asked for a moment of capture time, not for "now": the picture on screen lags behind, and the same
 * code paints a recorded clip at any place in it.
 */
import { tileKey } from '../geometry/floor';
import { type Micros, SECOND } from '../time';
import type { LivePerson, PeopleFrame } from './frames';

/** How a tile or a person is painted; `neutral` while the rule has nothing to say of them. */
export type Mark = 'neutral' | 'admitted' | 'excess' | 'possible' | 'unlocked' | 'not_observable';

export interface CrossingMark {
  crossing_id: string;
  door_id: string;
  track: string;
  at_us: Micros;
  outcome: string | null | undefined;
  /** Each step: microseconds, column, row. */
  trail?: readonly (readonly number[])[];
}

export interface MarkedPerson extends LivePerson {
  mark: Mark;
}

/** Where a judged trail ends. */
export interface Head {
  door: string;
  column: number;
  row: number;
  mark: Mark;
}

export interface Painting {
  /** By door: the mark of each painted tile. */
  tiles: ReadonlyMap<string, ReadonlyMap<string, Mark>>;
  heads: readonly Head[];
  people: readonly MarkedPerson[];
  /** Where the feet of those who are there went last, the newest place last; empty where that is not shown. */
  paths: readonly Path[];
}

export interface Path {
  track: string;
  mark: Mark;
  feet: readonly (readonly [number, number])[];
}

/** Where two trails share a tile, the one that matters more is seen. */
const WEIGHT: Record<Mark, number> = {
  neutral: 0,
  admitted: 1,
  unlocked: 2,
  not_observable: 3,
  possible: 4,
  excess: 5,
};

/** How the rule's word for a crossing is painted. Ways that need no grant, and ways back, stay neutral. */
export function markOf(outcome: string | null | undefined): Mark {
  switch (outcome) {
    case 'admitted':
    case 'excess':
    case 'possible':
    case 'unlocked':
    case 'not_observable':
      return outcome;
    default:
      return 'neutral';
  }
}

interface Step {
  at: Micros;
  door: string;
  column: number;
  row: number;
}

interface Track {
  steps: Step[];
  lastSeen: Micros;
  crossings: Map<string, { at: Micros; mark: Mark }>;
}

export interface TrailTimes {
  /** How long a marked trail stays after its person has left. */
  hold: Micros;
  /** How far back a marked trail reaches behind a person who is still there. */
  reach: Micros;
  /** How long after the crossing a track is still painted by it. */
  fresh: Micros;
  /** How far back the ways of feet are shown. */
  feet: Micros;
}

export const LIVE_TIMES: TrailTimes = { hold: 6 * SECOND, reach: 10 * SECOND, fresh: 20 * SECOND, feet: 0 };
/** In a clip everything that was walked stays painted: it is evidence, and it ends soon. */
export const CLIP_TIMES: TrailTimes = { hold: Infinity, reach: Infinity, fresh: Infinity, feet: 0 };
/** Looking back: as it was seen live, and besides where each one came from. */
export const REPLAY_TIMES: TrailTimes = { ...LIVE_TIMES, feet: 4 * SECOND };

/** A detection is shown until the next one, but no longer than this. */
const PERSON_LASTS = 0.5 * SECOND;
const UNDECIDED_REACH = 0.8 * SECOND;
const MOST_FRAMES = 1500;

export class Trails {
  private tracks = new Map<string, Track>();
  private frames: PeopleFrame[] = [];

  constructor(private readonly times: TrailTimes = LIVE_TIMES) {}

  private track(id: string): Track {
    let track = this.tracks.get(id);
    if (!track) {
      track = { steps: [], lastSeen: 0, crossings: new Map() };
      this.tracks.set(id, track);
    }
    return track;
  }

  /** The people of one processed frame. */
  see(frame: PeopleFrame): void {
    this.frames.push(frame);
    if (this.frames.length > MOST_FRAMES) this.frames.splice(0, this.frames.length - MOST_FRAMES);
    for (const person of frame.people) {
      const track = this.track(person.track);
      track.lastSeen = Math.max(track.lastSeen, frame.at_us);
      if (!person.tile || !person.door_id) continue;
      const [column, row] = person.tile;
      const last = track.steps.at(-1);
      if (last?.door === person.door_id && last.column === column && last.row === row) continue;
      track.steps.push({ at: frame.at_us, door: person.door_id, column, row });
    }
  }

  /** What the rule says of a crossing; said again whenever that changes. */
  judge(crossing: CrossingMark): void {
    const track = this.track(crossing.track);
    track.crossings.set(crossing.crossing_id, { at: crossing.at_us, mark: markOf(crossing.outcome) });
    track.lastSeen = Math.max(track.lastSeen, crossing.at_us);
    for (const [at, column, row] of crossing.trail ?? []) {
      if (at === undefined || column === undefined || row === undefined) continue;
      const known = track.steps.some((s) => s.column === column && s.row === row && Math.abs(s.at - at) < SECOND / 4);
      if (!known) track.steps.push({ at, door: crossing.door_id, column, row });
      track.lastSeen = Math.max(track.lastSeen, at);
    }
    track.steps.sort((a, b) => a.at - b.at);
  }

  /** Everything to paint at a moment of capture time. */
  at(now: Micros): Painting {
    const tiles = new Map<string, Map<string, Mark>>();
    const heads = new Map<string, Head>();
    for (const track of this.tracks.values()) {
      const mark = this.markAt(track, now);
      const steps = this.stepsAt(track, mark, now);
      const last = steps.at(-1);
      if (last && mark !== 'neutral') putHead(heads, { door: last.door, column: last.column, row: last.row, mark });
      for (const step of steps) {
        const door = tiles.get(step.door) ?? new Map<string, Mark>();
        tiles.set(step.door, door);
        const key = tileKey(step.column, step.row);
        const present = door.get(key);
        if (!present || WEIGHT[mark] > WEIGHT[present]) door.set(key, mark);
      }
    }
    const people = this.peopleAt(now);
    return { tiles, heads: [...heads.values()], people, paths: this.times.feet ? this.pathsAt(now, people) : [] };
  }

  /** Drop what can no longer be on screen. */
  forget(before: Micros): void {
    this.frames = this.frames.filter((frame) => frame.at_us >= before);
    for (const [id, track] of this.tracks) {
      if (track.lastSeen < before) this.tracks.delete(id);
      else track.steps = track.steps.filter((step, index) => step.at >= before || index === track.steps.length - 1);
    }
  }

  private markAt(track: Track, now: Micros): Mark {
    let latest = -Infinity;
    let mark: Mark = 'neutral';
    for (const crossing of track.crossings.values()) {
      if (crossing.at > now || crossing.at <= latest || now - crossing.at > this.times.fresh) continue;
      latest = crossing.at;
      mark = crossing.mark;
    }
    return mark;
  }

  private stepsAt(track: Track, mark: Mark, now: Micros): Step[] {
    const gone = now - track.lastSeen;
    const decided = mark !== 'neutral';
    if (gone > (decided ? this.times.hold : PERSON_LASTS)) return [];
    const from = Math.min(now, track.lastSeen) - (decided ? this.times.reach : UNDECIDED_REACH);
    return track.steps.filter((step, index) => {
      if (step.at > now) return false;
      const next = track.steps[index + 1];
      // A tile counts for as long as the person stood on it, not only from when it was entered.
      return (next ? Math.min(next.at, now) : now) >= from;
    });
  }

  private pathsAt(now: Micros, people: readonly MarkedPerson[]): Path[] {
    const ways = new Map(people.map((person) => [person.track, [] as (readonly [number, number])[]]));
    for (const frame of this.frames) {
      if (frame.at_us > now) break;
      if (frame.at_us < now - this.times.feet) continue;
      for (const person of frame.people) ways.get(person.track)?.push(person.foot);
    }
    return people.map(({ track, mark }) => ({ track, mark, feet: ways.get(track) ?? [] }));
  }

  private peopleAt(now: Micros): MarkedPerson[] {
    for (let index = this.frames.length - 1; index >= 0; index -= 1) {
      const frame = this.frames[index] as PeopleFrame;
      if (frame.at_us > now) continue;
      if (now - frame.at_us > PERSON_LASTS) return [];
      return frame.people.map((person) => {
        const track = this.tracks.get(person.track);
        return { ...person, mark: track ? this.markAt(track, now) : 'neutral' };
      });
    }
    return [];
  }
}

function putHead(heads: Map<string, Head>, head: Head): void {
  const key = `${head.door} ${tileKey(head.column, head.row)}`;
  const present = heads.get(key);
  if (!present || WEIGHT[head.mark] > WEIGHT[present.mark]) heads.set(key, head);
}

/** `excess 2, admitted 3`: what a painting shows, for a label that needs no eyes. */
export function describePainting(painting: Painting): string {
  const counts = new Map<Mark, number>();
  for (const door of painting.tiles.values()) {
    for (const mark of door.values()) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => WEIGHT[b] - WEIGHT[a])
    .map(([mark, count]) => `${mark} ${count}`)
    .join(', ');
}
