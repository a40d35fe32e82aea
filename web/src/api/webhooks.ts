/** Webhooks: what the page asks the server and tells it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type Webhook = components['schemas']['HookShape'];
/** As it is changed; `mqtt` is for brokers alone. */
export type WebhookDraft = Required<Omit<components['schemas']['HookDraft'], 'mqtt'>> & { mqtt: Broker | null };
export type Broker = Required<Omit<components['schemas']['MqttDraft'], 'password'>> & { password?: string | null };

const one = (id: string) => ({ params: { path: { hook_id: id } } });

export function useWebhooks() {
  return useQuery({ queryKey: ['webhooks'], queryFn: ({ signal }) => answer(api.GET('/api/webhooks', { signal })) });
}

/** A change after which webhooks and the outbox are read anew. */
function useChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => Promise.all(['webhooks', 'outbox'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useAddWebhook = () =>
  useChange((body: Pick<WebhookDraft, 'name' | 'url' | 'form' | 'mqtt'>) =>
    answer(api.POST('/api/webhooks', { body: { enabled: true, kinds: [], doors: [], ...body } })),
  );

export const useSetWebhook = () =>
  useChange(({ id, body }: { id: string; body: WebhookDraft }) =>
    answer(api.PUT('/api/webhooks/{hook_id}', { ...one(id), body })),
  );

export const useRemoveWebhook = () => useChange((id: string) => answer(api.DELETE('/api/webhooks/{hook_id}', one(id))));

export const useRotateWebhook = () =>
  useChange((id: string) => answer(api.POST('/api/webhooks/{hook_id}/secret', one(id))));

export const useTestWebhook = () =>
  useChange((id: string) => answer(api.POST('/api/webhooks/{hook_id}/test', one(id))));
