/** The browsers one is signed in with, fresh proofs of who one is, and one's own password. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { Second } from './factors';

export function useOwnSessions() {
  return useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => answer(api.GET('/api/sessions', { signal })) });
}

/** Ends one session, or without an id all but this one. */
export function useEndSession() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id?: string) =>
      answer(
        id
          ? api.DELETE('/api/sessions/{session_id}', { params: { path: { session_id: id } } })
          : api.DELETE('/api/sessions'),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export const useProve = () =>
  useMutation({
    mutationFn: (body: { password: string } & Second) => answer(api.POST('/api/session/proof', { body })),
  });

export function useChangePassword() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { former: string; password: string } & Second) =>
      answer(api.PUT('/api/session/password', { body })),
    onSuccess: () => Promise.all(['sessions', 'session'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}
