/** Callbacks of other systems: what the page asks the server and tells it. Systems register them by themselves, too. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type Callback = components['schemas']['CallbackShape'];
/** `headers` that are left out stay. */
export type CallbackDraft = Required<Omit<components['schemas']['CallbackInput'], 'headers'>> &
  Pick<components['schemas']['CallbackInput'], 'headers'>;

const one = (id: string) => ({ params: { path: { callback_id: id } } });

export function useCallbacks() {
  return useQuery({ queryKey: ['callbacks'], queryFn: ({ signal }) => answer(api.GET('/api/callbacks', { signal })) });
}

/** What was sent to one and what waits, the newest first; asked anew whenever a message was tried. */
export function useCallbackPosts(id: string) {
  return useQuery({
    queryKey: ['outbox', 'of callback', id],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/callbacks/{callback_id}/deliveries', {
          params: { path: { callback_id: id }, query: { limit: 20 } },
          signal,
        }),
      ),
  });
}

/** A change after which callbacks and the outbox are read anew. */
function useChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => Promise.all(['callbacks', 'outbox'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useAddCallback = () => useChange((body: CallbackDraft) => answer(api.POST('/api/callbacks', { body })));

export const useSetCallback = () =>
  useChange(({ id, body }: { id: string; body: CallbackDraft }) =>
    answer(api.PUT('/api/callbacks/{callback_id}', { ...one(id), body })),
  );

export const useRemoveCallback = () =>
  useChange((id: string) => answer(api.DELETE('/api/callbacks/{callback_id}', one(id))));

export const useRotateCallback = () =>
  useChange((id: string) => answer(api.POST('/api/callbacks/{callback_id}/secret', one(id))));

export const useTestCallback = () =>
  useChange((id: string) => answer(api.POST('/api/callbacks/{callback_id}/test', one(id))));
