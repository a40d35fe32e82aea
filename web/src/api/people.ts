/** The people of the account, those who were invited, and joining by an invitation. */
import { t } from '@lingui/core/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';
import type { User } from './types';

export type Invitation = components['schemas']['InvitationShape'];
export type Invited = components['schemas']['InvitationState'];
export type SentInvitation = components['schemas']['SentInvitation'];
export type Role = User['role'];

/** What a role is called, and what it may do. */
export const ROLES: Record<Role, { word: string; may: string }> = {
  view: { word: t`Can View`, may: t`sees and searches` },
  manage: { word: t`Can Manage`, may: t`reviews, changes doors, cameras and alerts` },
  owner: { word: t`Owner`, may: t`everything` },
};

function useChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  const outdated = () =>
    Promise.all(['users', 'invitations', 'session'].map((key) => cache.invalidateQueries({ queryKey: [key] })));
  return useMutation({ mutationFn: call, onSuccess: () => outdated() });
}

const user = (id: string) => ({ params: { path: { user_id: id } } });
const invitation = (id: string) => ({ params: { path: { invitation_id: id } } });

export function useInvitations() {
  return useQuery({
    queryKey: ['invitations'],
    queryFn: ({ signal }) => answer(api.GET('/api/invitations', { signal })),
  });
}

export const useInvite = () =>
  useChange((body: { email: string; role: Role; cameras: string[] | null }) =>
    answer(api.POST('/api/invitations', { body })),
  );

export const useInviteAgain = () =>
  useChange((id: string) => answer(api.POST('/api/invitations/{invitation_id}/again', invitation(id))));

export const useTakeBack = () =>
  useChange((id: string) => answer(api.DELETE('/api/invitations/{invitation_id}', invitation(id))));

export const useSetRole = () =>
  useChange(({ id, role }: { id: string; role: Role }) =>
    answer(api.PATCH('/api/users/{user_id}', { ...user(id), body: { role } })),
  );

export const useShareCameras = () =>
  useChange(({ id, cameras }: { id: string; cameras: string[] | null }) =>
    answer(api.PATCH('/api/users/{user_id}', { ...user(id), body: { cameras } })),
  );

export const useRemovePerson = () => useChange((id: string) => answer(api.DELETE('/api/users/{user_id}', user(id))));

/** Signs a person out of this account, in every browser. */
export const useEndSessionsOf = () =>
  useChange((id: string) => answer(api.DELETE('/api/users/{user_id}/sessions', user(id))));

/** Takes a person's second factors away, such as after a telephone was lost. */
export const useResetFactors = () =>
  useChange((id: string) => answer(api.DELETE('/api/users/{user_id}/factors', user(id))));

export const useHandOver = () => useChange((id: string) => answer(api.POST('/api/users/{user_id}/owner', user(id))));

/** After it nobody is signed in here any more. */
export const useLeave = () =>
  useMutation({
    mutationFn: () => answer(api.DELETE('/api/session/account')),
    onSuccess: () => globalThis.location.assign('/'),
  });

/** What an invitation is for. */
export function useInvitation(link: string) {
  return useQuery({
    queryKey: ['join', link],
    queryFn: ({ signal }) => answer(api.POST('/api/join/check', { body: { link }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
}

/** After joining the page is loaded anew, in the new account. */
const enter = () => globalThis.location.assign('/');

export const useJoin = () =>
  useMutation({
    mutationFn: (body: { link: string; name: string; password: string }) => answer(api.POST('/api/join', { body })),
    onSuccess: enter,
  });

export const useJoinAs = () =>
  useMutation({
    mutationFn: (link: string) => answer(api.POST('/api/session/join', { body: { link } })),
    onSuccess: enter,
  });
