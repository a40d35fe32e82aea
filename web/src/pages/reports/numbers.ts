/** How the figures of a report are written. */
import { t } from '@lingui/core/macro';
import type { Rate } from '../../api/reports';

/** `3.4`; a dash without grants. */
export const perHundred = (rate: Pick<Rate, 'per_100_grants'>): string =>
  rate.per_100_grants === null ? '–' : rate.per_100_grants.toFixed(1);

/** The lines of a chart, 100 wide, of days with grants: a day without any has no figure and parts them. */
export function rateLines(days: readonly Pick<Rate, 'per_100_grants'>[], height: number): string[] {
  const step = 100 / Math.max(1, days.length);
  const highest = Math.max(1, ...days.map((day) => day.per_100_grants ?? 0));
  const lines: [number, number][][] = [];
  days.forEach((day, index) => {
    if (day.per_100_grants === null) return;
    const point: [number, number] = [(index + 0.5) * step, height - (day.per_100_grants / highest) * (height - 8)];
    const joins = index > 0 && days[index - 1]?.per_100_grants !== null;
    if (joins) lines.at(-1)?.push(point);
    else lines.push([point]);
  });
  // A day alone between two gaps is a short stroke: a line of one point is not drawn.
  const drawn = lines.map((line) =>
    line.length > 1 ? line : line.flatMap(([x, y]) => [-1, 1].map((way) => [x + way * step * 0.2, y] as const)),
  );
  return drawn.map((line) => line.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(1)}`).join(' '));
}

/** `87 %`; a dash where nothing is known. */
export const percent = (share: number | null): string => (share === null ? '–' : `${Math.round(share * 100)} %`);

/** `40 s`, `12 min`, `3.5 h`, `2 days`; a dash where nothing is known. */
export function waitWords(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 120) return t`${Math.round(seconds)} s`;
  if (seconds < 7200) return t`${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return t`${(seconds / 3600).toFixed(1)} h`;
  return t`${Math.round(seconds / 86_400)} days`;
}

export const minutesWords = (minutes: number): string => (minutes ? waitWords(minutes * 60) : '0');

export type Trend = 'better' | 'worse' | 'same' | null;

/** Whether there are more or fewer incidents for the grants than before; null where one of both is not known. */
export function trendOf(now: Rate, before: Rate): Trend {
  if (now.per_100_grants === null || before.per_100_grants === null) return null;
  const change = now.per_100_grants - before.per_100_grants;
  // Less than a tenth is no change that anybody should act upon.
  if (Math.abs(change) < 0.1 * Math.max(now.per_100_grants, before.per_100_grants, 0.1)) return 'same';
  return change > 0 ? 'worse' : 'better';
}
