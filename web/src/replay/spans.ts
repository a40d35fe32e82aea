/** Pieces of time, kept in order and joined where they touch. */
import type { Micros } from '../time';

export type Span = readonly [Micros, Micros];

/** The spans and one more; what touches or overlaps becomes one. */
export function withSpan(spans: readonly Span[], added: Span): Span[] {
  const joined: Span[] = [];
  let [from, until] = added;
  for (const [start, end] of spans) {
    if (end < from || start > until) joined.push([start, end]);
    else {
      from = Math.min(from, start);
      until = Math.max(until, end);
    }
  }
  joined.push([from, until]);
  return joined.sort((a, b) => a[0] - b[0]);
}

/** The span that a moment lies in. */
export function spanAt(spans: readonly Span[], at: Micros): Span | null {
  return spans.find(([from, until]) => from <= at && at < until) ?? null;
}

/** What of a time no span covers; pieces shorter than `least` are passed over. */
export function gapsIn(spans: readonly Span[], [from, until]: Span, least: Micros = 0): Span[] {
  const gaps: Span[] = [];
  let at = from;
  for (const [start, end] of spans) {
    if (end <= at) continue;
    if (start >= until) break;
    if (start - at > least) gaps.push([at, start]);
    at = Math.max(at, end);
  }
  if (until - at > least) gaps.push([at, until]);
  return gaps;
}
