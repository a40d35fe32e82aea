/** Signing in at a provider of single sign-on, and what ways in there are. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

type Purpose = components['schemas']['BeginSignOn']['purpose'];

/** How one signs in here. */
export function useWays() {
  return useQuery({
    queryKey: ['ways'],
    queryFn: ({ signal }) => answer(api.GET('/api/session/ways', { signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Goes to the provider; the browser comes back to /sso. */
export const useBeginSignOn = () =>
  useMutation({
    mutationFn: (body: { purpose: Purpose; return_to: string }) => answer(api.POST('/api/session/sign-on', { body })),
    onSuccess: ({ url }) => globalThis.location.assign(url),
  });

/** Finishes with what stands in the address of /sso. */
export function useFinishSignOn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (query: URLSearchParams) => {
      const given = (name: string) => query.get(name) ?? undefined;
      const body = {
        state: query.get('state') ?? '-',
        code: given('code'),
        iss: given('iss'),
        error: given('error'),
        error_description: given('error_description'),
      };
      return answer(api.POST('/api/session/sign-on/finish', { body }));
    },
    onSuccess: ({ session }) => cache.setQueryData(['session'], session),
  });
}

const CHANNEL = 'doorwatch proof';

/** Tells the page that opened this window that the proof was given. */
export function tellProof(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage('given');
  channel.close();
}

/** Waits for the proof that is given in another window; what ends the waiting comes back. */
export function onProof(given: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = given;
  return () => channel.close();
}
