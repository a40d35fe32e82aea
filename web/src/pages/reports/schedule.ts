/** What a report by mail is called on the page. */
import { t } from '@lingui/core/macro';
import type { ReportSchedule, ReportScheduleInput } from '../../api/reportSchedules';

export type Every = ReportSchedule['every'];

export const NEW_SCHEDULE: ReportScheduleInput = {
  name: t`Doors, week by week`,
  every: 'week',
  hour: 7,
  site_id: null,
  recipients: [],
  enabled: true,
};

export const EVERY: readonly Every[] = ['day', 'week', 'month'];

/** When it comes, and what it is about. */
export function spanWords(every: Every): string {
  if (every === 'day') return t`every day, of the day before`;
  if (every === 'week') return t`every Monday, of the week before`;
  return t`on the first of every month, of the month before`;
}

export const hourWords = (hour: number) => t`at ${String(hour).padStart(2, '0')}:00`;
