/** Another password for who forgot the own one, by a link in a mail. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { answer, api } from './client';

/** Asks for a link; the answer is the same whoever asks. */
export const useForgot = () =>
  useMutation({ mutationFn: (email: string) => answer(api.POST('/api/session/forgotten', { body: { email } })) });

/** Whose password a link replaces. */
export function useForgottenLink(link: string) {
  return useQuery({
    queryKey: ['forgotten', link],
    queryFn: ({ signal }) => answer(api.POST('/api/session/forgotten/check', { body: { link }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export const useReplaceForgotten = () =>
  useMutation({
    mutationFn: (body: { link: string; password: string }) =>
      answer(api.POST('/api/session/forgotten/password', { body })),
  });
