/** Searching: pages of results, what has just come to them, and the searches that are kept. */

import { infiniteQueryOptions, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { answer, api } from './client';
import { useNews } from './events';
import type { components } from './schema';

export type SavedSearch = components['schemas']['SavedSearchShape'];
export type NewSearch = components['schemas']['SavedSearchInput'];

const PAGE = 50;
/** News that come within so many milliseconds are asked for together. */
const TOGETHER_MS = 200;

export const searchQuery = (text: string, site_id?: string) =>
  infiniteQueryOptions({
    queryKey: ['search', text, site_id],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      answer(
        api.GET('/api/search', { params: { query: { q: text, limit: PAGE, before: pageParam, site_id } }, signal }),
      ),
    getNextPageParam: (last) => last.next ?? undefined,
  });

export const useSearch = (text: string, site_id?: string) => useInfiniteQuery(searchQuery(text, site_id));

/** The first page again whenever something happened, so that what matches is there at once. */
export function useNewest(text: string, site_id: string | undefined, enabled: boolean) {
  const query = { q: text, limit: PAGE, site_id, as_typed: true };
  const newest = useQuery({
    queryKey: ['search-newest', text, site_id],
    enabled: false,
    queryFn: ({ signal }) => answer(api.GET('/api/search', { params: { query }, signal })),
  });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useNews('moment', () => {
    if (!enabled || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void newest.refetch();
    }, TOGETHER_MS);
  });
  return newest.data;
}

export function useSavedSearches() {
  return useQuery({
    queryKey: ['saved-searches'],
    queryFn: ({ signal }) => answer(api.GET('/api/saved-searches', { signal })),
    staleTime: 60_000,
  });
}

export function useSaveSearch() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: NewSearch) => answer(api.POST('/api/saved-searches', { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['saved-searches'] }),
  });
}

export function useForgetSearch() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (saved_search_id: string) =>
      answer(api.DELETE('/api/saved-searches/{saved_search_id}', { params: { path: { saved_search_id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['saved-searches'] }),
  });
}

/** What one searched last, the newest first. */
export function usePastSearches(enabled: boolean) {
  return useQuery({
    queryKey: ['past-searches'],
    enabled,
    queryFn: async ({ signal }) => (await answer(api.GET('/api/past-searches', { signal }))).texts,
  });
}
