/** Mails of incidents: who is told in which words, how they look, and what became of each message. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type AlertSettings = Schemas['AlertsShape'];
export type AlertWords = Schemas['AlertTemplate'];
export type AlertsInput = Required<Schemas['AlertsInput']>;
export type TemplateProblem = Schemas['ProblemShape'];
export type MailPreview = Schemas['PreviewShape'];
export type Delivery = Schemas['MailShape'];
export type LastDelivery = Schemas['LastDelivery'];
export type MailLink = Schemas['MailLinkShape'];

const incident = (id: string) => ({ params: { path: { incident_id: id } } });

/** A change after which what was read under these keys is read anew. */
function useChange<Input, Output>(call: (input: Input) => Promise<Output>, ...keys: string[]) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => Promise.all(keys.map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}

export function useAlerts() {
  return useQuery({ queryKey: ['alerts'], queryFn: ({ signal }) => answer(api.GET('/api/alerts', { signal })) });
}

/** The variables of templates, and templates to begin with. */
export function useAlertWords() {
  return useQuery({
    queryKey: ['alert words'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => answer(api.GET('/api/alerts/words', { signal })),
  });
}

/** How a mail with these words looks; what was shown last stays while the next one is on its way. */
export function useMailPreview(template: AlertWords | null, incidentId: string | null) {
  return useQuery({
    queryKey: ['mail preview', template, incidentId],
    enabled: template !== null,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/alerts/preview', {
          body: { template: template ?? { subject: '', body: '' }, incident_id: incidentId },
          signal,
        }),
      ),
  });
}

export const useSaveAlerts = () => useChange((body: AlertsInput) => answer(api.PUT('/api/alerts', { body })), 'alerts');

export const useTestMail = () =>
  useChange((body: Schemas['TrialInput']) => answer(api.POST('/api/alerts/test', { body })), 'outbox');

export type DeliveryState = 'waiting' | 'sent' | 'failed' | 'withheld';

/** The newest messages, at most `limit`; those in one state, or all. */
export function useOutbox(state: DeliveryState | null, limit: number) {
  const query = state ? { state, limit } : { limit };
  return useQuery({
    queryKey: ['outbox', 'list', state, limit],
    queryFn: ({ signal }) => answer(api.GET('/api/alerts/outbox', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}

/** One message with every try to deliver it. */
export function useDelivery(id: string) {
  return useQuery({
    queryKey: ['outbox', id],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/alerts/outbox/{message_id}', { params: { path: { message_id: id } }, signal })),
  });
}

/** Have a message delivered once more. */
export const useDeliverAgain = () =>
  useChange(
    (id: string) => answer(api.POST('/api/alerts/outbox/{message_id}/again', { params: { path: { message_id: id } } })),
    'outbox',
  );

/** The links in mails that show an incident without signing in. */
export function useMailLinks(incidentId: string) {
  return useQuery({
    queryKey: ['mail links', incidentId],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/incidents/{incident_id}/mail-links', { ...incident(incidentId), signal })),
  });
}

export const useRevokeMailLink = () =>
  useChange(
    ({ incidentId, linkId }: { incidentId: string; linkId: string }) =>
      answer(
        api.DELETE('/api/incidents/{incident_id}/mail-links/{link_id}', {
          params: { path: { incident_id: incidentId, link_id: linkId } },
        }),
      ),
    'mail links',
  );
