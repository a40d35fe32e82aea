/** Callbacks of other systems: what the page asks the server and tells it. They are registered by those systems. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type Callback = components['schemas']['CallbackShape'];
type Draft = components['schemas']['CallbackInput'];

const one = (id: string) => ({ params: { path: { callback_id: id } } });

export function useCallbacks() {
  return useQuery({ queryKey: ['callbacks'], queryFn: ({ signal }) => answer(api.GET('/api/callbacks', { signal })) });
}

/** A change after which callbacks and the outbox are read anew. */
function useChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => Promise.all(['callbacks', 'outbox'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useSetCallback = () =>
  useChange(({ id, body }: { id: string; body: Draft }) =>
    answer(api.PUT('/api/callbacks/{callback_id}', { ...one(id), body })),
  );

export const useRemoveCallback = () =>
  useChange((id: string) => answer(api.DELETE('/api/callbacks/{callback_id}', one(id))));

export const useTestCallback = () =>
  useChange((id: string) => answer(api.POST('/api/callbacks/{callback_id}/test', one(id))));
