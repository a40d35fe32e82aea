/** Which time a strip of so many pixels shows: zooming, moving, ticks. */
import { type Micros, SECOND } from '../../time';

export interface View {
  from: Micros;
  until: Micros;
}

const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const SHORTEST = 5 * SECOND;
/** The server tells of eight days at most, and is asked for more than what is seen. */
const LONGEST = 96 * HOUR;

/** So much around a moment. */
export function around(at: Micros, length: Micros): View {
  return { from: Math.round(at - length / 2), until: Math.round(at + length / 2) };
}

/** The same moment stays under `at` while the strip shows `factor` times as much. */
export function zoomed(view: View, factor: number, at: Micros): View {
  const length = view.until - view.from;
  const wanted = Math.min(LONGEST, Math.max(SHORTEST, length * factor));
  const part = (at - view.from) / length;
  const from = Math.round(at - wanted * part);
  return { from, until: Math.round(from + wanted) };
}

/** Moved by a part of what it shows. */
export function moved(view: View, part: number): View {
  const by = Math.round((view.until - view.from) * part);
  return { from: view.from + by, until: view.until + by };
}

/** The view itself while it shows the moment well inside, else one moved so that it does. */
export function following(view: View, at: Micros): View {
  const length = view.until - view.from;
  if (at >= view.from && at <= view.from + length * 0.9) return view;
  const from = Math.round(at < view.from ? at - length * 0.5 : at - length * 0.1);
  return { from, until: from + length };
}

/** What to ask for, so that moving a little asks for nothing new. */
export function asked(view: View): View {
  const step = 2 ** Math.ceil(Math.log2((view.until - view.from) / SECOND)) * SECOND * 0.5;
  return { from: Math.max(0, Math.floor(view.from / step) * step), until: Math.ceil(view.until / step) * step };
}

const STEPS = [
  ...[1, 2, 5, 10, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 30].map((n) => n * MINUTE),
  ...[1, 2, 4, 6, 12, 24].map((n) => n * HOUR),
];

/** Moments to write at, at least `apart` pixels from each other; whole in UTC, which is whole in nearly all zones. */
export function ticks(view: View, width: number, apart = 90): Micros[] {
  const least = ((view.until - view.from) / Math.max(1, width)) * apart;
  const step = STEPS.find((one) => one >= least) ?? (STEPS.at(-1) as number);
  const found: Micros[] = [];
  for (let at = Math.ceil(view.from / step) * step; at < view.until; at += step) found.push(at);
  return found;
}

/** How long the strip is, in words: `10 min`. */
export function lengthWords(view: View): string {
  const seconds = (view.until - view.from) / SECOND;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
