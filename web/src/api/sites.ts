/** The places of the account, each with its time zone. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type Place = components['schemas']['SiteDetail'];

export const useSites = () =>
  useQuery({ queryKey: ['sites'], queryFn: ({ signal }) => answer(api.GET('/api/sites', { signal })) });

function useChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: call, onSuccess: () => cache.invalidateQueries() });
}

const of = (id: string) => ({ params: { path: { site_id: id } } });

export const useAddSite = () =>
  useChange((body: { name: string; time_zone: string }) => answer(api.POST('/api/sites', { body })));

export const useChangeSite = () =>
  useChange(({ id, ...body }: { id: string; name?: string; time_zone?: string }) =>
    answer(api.PATCH('/api/sites/{site_id}', { ...of(id), body })),
  );

export const useRemoveSite = () => useChange((id: string) => answer(api.DELETE('/api/sites/{site_id}', of(id))));

export const useAssign = () =>
  useChange(({ id, door_ids = [], camera_ids = [] }: { id: string; door_ids?: string[]; camera_ids?: string[] }) =>
    answer(api.PUT('/api/sites/{site_id}/members', { ...of(id), body: { door_ids, camera_ids } })),
  );
