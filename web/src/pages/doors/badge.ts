/** Waiting for a badge: which door it was at, and which cameras saw somebody at that moment. */
import { useCallback, useState } from 'react';
import { answer, api } from '../../api/client';
import { useNews } from '../../api/events';
import type { Camera, Moment } from '../../api/types';
import { say } from '../../shell/ask';
import { fromIso, type Micros } from '../../time';
import { momentLook } from '../../words';

const SECOND = 1_000_000;
/** People are seen from this long before the badge until this long after it. */
const BEFORE = 5 * SECOND;
const AFTER = 20 * SECOND;

export interface Badge {
  momentId: string;
  doorId: string;
  /** By the access control system's clock. */
  at: string;
  /** By the server's clock, which the cameras' times are nearer to. */
  arrived: Micros;
  /** Who badged, when the access control system tells. */
  who: string | null;
  /** What the door's camera saw at that moment, as soon as it is cut out of the recording. */
  picture: string | null;
}

/** The badge that a moment is; null for anything else, such as a door that opens or somebody who walks. */
export function badgeOf(moment: Moment): Badge | null {
  if (moment.kind !== 'access_event' || !moment.door) return null;
  const { tone } = momentLook(moment);
  if (tone !== 'granted' && tone !== 'refused') return null;
  return {
    momentId: moment.moment_id,
    picture: moment.picture_url ?? null,
    doorId: moment.door.door_id,
    at: moment.at,
    arrived: fromIso(moment.arrived_at),
    who: moment.actor_name ?? null,
  };
}

export interface Sighting {
  camera: Camera;
  /** How long after the badge somebody was before the camera, in microseconds; null: nobody was seen. */
  after: Micros | null;
}

/** All cameras, first those that saw somebody around the badge, the nearest in time first. */
export function sightings(
  cameras: readonly Camera[],
  badge: Badge,
  crossed: ReadonlyMap<string, Micros>,
): readonly Sighting[] {
  const seen = cameras.map((camera): Sighting => {
    const times = [crossed.get(camera.camera_id), camera.people_at ? fromIso(camera.people_at) : undefined];
    const near = times
      .filter((at): at is Micros => at !== undefined && at >= badge.arrived - BEFORE && at <= badge.arrived + AFTER)
      .map((at) => at - badge.arrived)
      .sort((a, b) => Math.abs(a) - Math.abs(b));
    return { camera, after: near[0] ?? null };
  });
  const rank = ({ after }: Sighting) => (after === null ? Number.POSITIVE_INFINITY : Math.abs(after));
  return seen.sort((a, b) => rank(a) - rank(b) || a.camera.name.localeCompare(b.camera.name));
}

/** When the server last heard of anything: what arrives later is news, whatever the clock of this browser says. */
async function newestArrival(): Promise<Micros> {
  const newest = await answer(api.GET('/api/moments', { params: { query: { limit: 20 } } }));
  return Math.max(0, ...newest.map((moment) => fromIso(moment.arrived_at)));
}

/** Listens for the next badge, at any door or at one, once `start` was called, and for the crossings around it. */
export function useNextBadge() {
  const [since, setSince] = useState<Micros | null>(null);
  const [only, setOnly] = useState<string | null>(null);
  const [badge, setBadge] = useState<Badge | null>(null);
  const [crossed, setCrossed] = useState<ReadonlyMap<string, Micros>>(new Map());
  useNews('moment', (moment) => {
    if (since === null) return;
    if (moment.kind === 'crossing') {
      const at = fromIso(moment.at);
      setCrossed((now) => new Map([...now, ...moment.cameras.map((one): [string, Micros] => [one.camera_id, at])]));
    }
    const found = badgeOf(moment);
    if (found) setBadge((now) => nextBadge(now, found, since, only));
  });
  const stop = useCallback(() => {
    setSince(null);
    setBadge(null);
  }, []);
  const start = useCallback(async (door: string | null = null) => {
    setBadge(null);
    setOnly(door);
    setCrossed(new Map());
    try {
      setSince(await newestArrival());
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }, []);
  const waiting = since !== null && badge === null;
  return { waiting, waitingAt: waiting ? only : null, badge, crossed, start, stop };
}

/** The badge that is shown after one was heard: the first that counts stays, and gets its picture when that is there. */
export function nextBadge(now: Badge | null, heard: Badge, since: Micros, only: string | null): Badge | null {
  if (now) return now.momentId === heard.momentId ? { ...now, picture: heard.picture ?? now.picture } : now;
  return heard.arrived > since && (only === null || heard.doorId === only) ? heard : null;
}
