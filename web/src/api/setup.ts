/** Making the first owner of an installation in which nobody can sign in yet. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { paths } from './schema';

type FirstStart = paths['/api/setup']['post']['requestBody']['content']['application/json'];

/** Whether nobody can sign in yet. */
export function useSetupNeeded() {
  return useQuery({
    queryKey: ['setup'],
    queryFn: async ({ signal }) => (await answer(api.GET('/api/setup', { signal }))).needed,
  });
}

/** Whether a set-up link is good, and what its page proposes. */
export function useSetupLink(link: string) {
  return useQuery({
    queryKey: ['setup', link],
    queryFn: ({ signal }) => answer(api.POST('/api/setup/check', { body: { link }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useSetUp() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: FirstStart) => answer(api.POST('/api/setup', { body })),
    onSuccess: (session) => {
      cache.removeQueries({ queryKey: ['setup'] });
      cache.setQueryData(['session'], session);
    },
  });
}
