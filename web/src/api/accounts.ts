/** The accounts that somebody belongs to, and acting in another one of them. */
import { useMutation } from '@tanstack/react-query';
import { answer, api } from './client';

/** After it the page is loaded anew: nothing that one account showed may stay in another. */
export const useSwitchAccount = () =>
  useMutation({
    mutationFn: (account_id: string) => answer(api.PUT('/api/session/account', { body: { account_id } })),
    onSuccess: () => globalThis.location.assign('/'),
  });
