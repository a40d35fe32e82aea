/** Sums and words of the weekly figures. */
import { t } from '@lingui/core/macro';
import type { DoorWeek } from '../../api/types';

export interface Sum {
  incidents: number;
  confirmed: number;
  dismissed: number;
  waiting: number;
  grants: number;
}

/** All doors of one week together. */
export function sumOf(weeks: readonly DoorWeek[]): Sum {
  const sum: Sum = { incidents: 0, confirmed: 0, dismissed: 0, waiting: 0, grants: 0 };
  for (const week of weeks) {
    sum.incidents += Object.values(week.incidents).reduce((all, count) => all + count, 0);
    sum.confirmed += week.confirmed;
    sum.dismissed += week.dismissed;
    sum.waiting += week.waiting;
    sum.grants += week.grants;
  }
  return sum;
}

/** `2 of 8 (25 %)`; a dash while nobody reviewed anything. */
export function falseAlarms({ confirmed, dismissed }: Pick<Sum, 'confirmed' | 'dismissed'>): string {
  const judged = confirmed + dismissed;
  return judged ? t`${dismissed} of ${judged} (${Math.round((100 * dismissed) / judged)} %)` : '–';
}

/** False alarms for each thousand grants; a dash without grants. */
export function perThousand({ dismissed, grants }: Pick<Sum, 'dismissed' | 'grants'>): string {
  return grants ? ((1000 * dismissed) / grants).toFixed(1) : '–';
}

/** Weeks, the newest first, each with its doors. */
export function byWeek(weeks: readonly DoorWeek[]): { week: string; doors: DoorWeek[] }[] {
  const found = new Map<string, DoorWeek[]>();
  for (const week of weeks) found.set(week.week, [...(found.get(week.week) ?? []), week]);
  return [...found].map(([week, doors]) => ({ week, doors }));
}
