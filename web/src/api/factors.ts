/** The second factor: an authenticator app and recovery codes, and whether the account requires them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

/** A second factor as it is shown: a code, or what a passkey has answered. */
export type Second = components['schemas']['SecondFactor'];

export function useFactors(wanted = true) {
  return useQuery({
    enabled: wanted,
    queryKey: ['factors'],
    queryFn: ({ signal }) => answer(api.GET('/api/session/factors', { signal })),
  });
}

function useFactorChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['factors'] }),
  });
}

export const useProposeAuthenticator = () =>
  useMutation({ mutationFn: () => answer(api.POST('/api/session/factors/authenticator')) });

export const useConfirmAuthenticator = () =>
  useFactorChange((code: string) => answer(api.POST('/api/session/factors/authenticator/confirm', { body: { code } })));

export function useRemoveAuthenticator() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.DELETE('/api/session/factors/authenticator')),
    onSuccess: () => Promise.all(['factors', 'session'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useRenewCodes = () => useFactorChange(() => answer(api.POST('/api/session/factors/recovery-codes')));

/** Shows one's second factor in a session that was begun without; all pages are open then. */
export function useShowFactor() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Second) => answer(api.POST('/api/session/factor', { body })),
    onSuccess: () => cache.invalidateQueries(),
  });
}

export function useSecurity() {
  return useQuery({ queryKey: ['security'], queryFn: ({ signal }) => answer(api.GET('/api/security', { signal })) });
}

export function useSetSecurity() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (second_factor_required: boolean) =>
      answer(api.PUT('/api/security', { body: { second_factor_required } })),
    onSuccess: () =>
      Promise.all(['security', 'factors', 'session'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}
