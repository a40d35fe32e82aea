/** What stands on which line of the strip, in the cameras' time. */
import type { TimelineData } from '../../api/timeline';
import type { Moment } from '../../api/types';
import { fromIso, type Micros } from '../../time';

export type LaneName = 'incidents' | 'access' | 'crossings';

export interface Placed {
  moment: Moment;
  /** When the cameras saw it: the access control system's clock may be ahead of theirs. */
  at: Micros;
  lane: LaneName;
}

/** All moments that belong on a line, in the order of time. */
export function placed(data: TimelineData): Placed[] {
  return data.moments
    .flatMap((moment): Placed[] => {
      const at = fromIso(moment.at);
      if (moment.kind === 'incident') return [{ moment, at, lane: 'incidents' }];
      if (moment.kind === 'crossing') return [{ moment, at, lane: 'crossings' }];
      return moment.kind === 'access_event' ? [{ moment, at: at - data.clock_offset_us, lane: 'access' }] : [];
    })
    .sort((a, b) => a.at - b.at);
}

/** The one at or before a moment (-1), or after it (1), that `j` and `k` go to. */
export function beside(all: readonly Placed[], at: Micros, step: -1 | 1): Placed | undefined {
  const hair = 50_000;
  return step > 0 ? all.find((one) => one.at > at + hair) : all.findLast((one) => one.at < at - hair);
}

/** The incident that a moment lies in, or shortly before or after. */
export function incidentAt(all: readonly Placed[], at: Micros, within: Micros): Placed | undefined {
  let best: Placed | undefined;
  for (const one of all) {
    if (one.lane !== 'incidents' || Math.abs(one.at - at) > within) continue;
    if (!best || Math.abs(one.at - at) < Math.abs(best.at - at)) best = one;
  }
  return best;
}
