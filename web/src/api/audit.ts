/** The audit trail: who did what. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type AuditEntry = components['schemas']['AuditShape'];

/** What is asked for; empty texts match all. */
export interface Wanted {
  who: string;
  act: string;
  text: string;
  since: string;
}

type Act = components['schemas']['Act'];

const asked = (wanted: Wanted) => ({
  who: wanted.who || undefined,
  text: wanted.text || undefined,
  act: wanted.act ? [wanted.act as Act] : undefined,
  since: wanted.since || undefined,
});

export const useAudit = (wanted: Wanted) =>
  useInfiniteQuery({
    queryKey: ['audit', wanted],
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      answer(api.GET('/api/audit', { params: { query: { ...asked(wanted), before: pageParam } }, signal })),
    getNextPageParam: (page) => (page.more ? page.entries.at(-1)?.number : undefined),
  });

export const useActs = () =>
  useQuery({
    queryKey: ['audit', 'acts'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => answer(api.GET('/api/audit/acts', { signal })),
  });

/** Where the table of what is asked for is downloaded. */
export function tablePath(wanted: Wanted): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked(wanted))) if (value) query.append(name, String(value));
  return `/api/audit/table.csv?${query}`;
}
