/** The report of some days. */
import { useQuery } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Overview = Schemas['Overview'];
export type DoorOverview = Schemas['DoorOverview'];
export type Rate = Schemas['Rate'];
export type Reviews = Schemas['Reviews'];

export function useOverview(days: number, site?: string) {
  return useQuery({
    queryKey: ['reports', 'overview', days, site],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/reports/overview', { params: { query: { days, ...(site ? { site_id: site } : {}) } }, signal }),
      ),
    placeholderData: (former) => former,
  });
}

/** Where the report is had as a table, or on paper. */
export function overviewFile(form: 'csv' | 'pdf', days: number, site?: string): string {
  return `/api/reports/overview.${form}?days=${days}${site ? `&site_id=${encodeURIComponent(site)}` : ''}`;
}
