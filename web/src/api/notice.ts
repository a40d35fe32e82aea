/** The usage notice of the account: reading, accepting and setting it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';

export function useNotice() {
  return useQuery({
    queryKey: ['notice'],
    queryFn: ({ signal }) => answer(api.GET('/api/notice', { signal })),
    staleTime: 0,
  });
}

/** Accepts what was read; all pages are open then. */
export function useAcceptNotice() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (version: number) => answer(api.POST('/api/session/notice', { body: { version } })),
    onSettled: () => cache.invalidateQueries(),
  });
}

export function useSetNotice() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => answer(api.PUT('/api/notice', { body: { text } })),
    onSuccess: (notice) => cache.setQueryData(['notice'], notice),
  });
}
