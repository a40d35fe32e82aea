/** Words and order of a commissioning run, without looks. */
import { t } from '@lingui/core/macro';
import { fromLocal, type Micros } from '../../time';
import type { Run, Way } from './commissionApi';

export const percent = (share: number | null | undefined) =>
  share === null || share === undefined ? t`no walk` : `${(100 * share).toFixed(1)} %`;

export type Outcome = 'found' | 'missed' | 'extra' | 'wrong way' | 'waiting';

/** One line of the course of a run: a walk, what it was counted as, or a crossing that nobody noted. */
export interface Step {
  key: string;
  at: string;
  direction: Way;
  outcome: Outcome;
  /** The mark that can be taken back; null for a crossing that was only counted. */
  markId: string | null;
}

export const OUTCOME_LOOK = {
  found: { word: t`Counted`, shape: 'tick', tone: 'admitted' },
  missed: { word: t`Missed`, shape: 'cross', tone: 'excess' },
  'wrong way': { word: t`Counted the other way`, shape: 'cross', tone: 'excess' },
  extra: { word: t`Counted, nobody noted`, shape: 'question', tone: 'possible' },
  waiting: { word: t`Waiting`, shape: 'dot', tone: 'soft' },
} as const;

/** Walks and extra crossings, the newest first; a crossing that is a walk's own is part of the walk's line. */
export function courseOf(run: Pick<Run, 'marks' | 'counted'>): Step[] {
  const walks: Step[] = run.marks.map((mark) => ({
    key: mark.mark_id,
    at: mark.at,
    direction: mark.direction,
    outcome: mark.state,
    markId: mark.mark_id,
  }));
  const besides: Step[] = run.counted
    .filter((crossing) => crossing.state !== 'found')
    .map((crossing) => ({
      key: crossing.crossing_id,
      at: crossing.at,
      direction: crossing.direction,
      outcome: crossing.state,
      markId: null,
    }));
  return [...walks, ...besides].sort((a, b) => (a.at === b.at ? (a.key < b.key ? 1 : -1) : a.at < b.at ? 1 : -1));
}

/** People noted and people counted, by direction. */
export function tally(run: Pick<Run, 'marks' | 'counted'>) {
  const count = (list: readonly { direction: Way }[], way: Way) => list.filter((one) => one.direction === way).length;
  return {
    noted: { in: count(run.marks, 'in'), out: count(run.marks, 'out') },
    counted: { in: count(run.counted, 'in'), out: count(run.counted, 'out') },
  };
}

/** The time of a run on recorded video, from two fields on the site's clock, at most until a second ago; null when it is none. */
export function recordedSpan(since: string, until: string, zone: string, now: Micros) {
  const [from, to] = [fromLocal(since, zone), Math.min(fromLocal(until, zone), now - 1_000_000)];
  if (!(from < to)) return null;
  return { since: new Date(from / 1000).toISOString(), until: new Date(to / 1000).toISOString() };
}

/** The piece of video that shows a time: whole minutes from the beginning of the run. */
export function pieceAt(since: number, until: number, at: number, length = 60_000): readonly [number, number] {
  const inside = Math.min(Math.max(at, since), until - 1);
  const start = since + Math.floor((inside - since) / length) * length;
  return [start, Math.min(start + length, until)];
}
