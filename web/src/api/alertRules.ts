/** Alerts of searches, silences and alerts of the system: what the page asks the server and tells it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type AlertRule = Schemas['RuleShape'];
export type AlertRuleInput = Schemas['RuleInput'];
export type Hours = Schemas['HoursShape'];
export type Silence = Schemas['SilenceShape'];
export type SilenceInput = Schemas['SilenceInput'];
export type SystemAlerts = Schemas['SystemShape'];
export type SystemInput = Schemas['SystemInput'];
export type Trouble = Schemas['Trouble'];
export type IncidentKind = Schemas['IncidentKind'];

/** A change after which what was read under this key is read anew. */
function useChange<Input, Output>(key: string, call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: call, onSuccess: () => cache.invalidateQueries({ queryKey: [key] }) });
}

export function useAlertRules() {
  return useQuery({
    queryKey: ['alert rules'],
    queryFn: ({ signal }) => answer(api.GET('/api/alert-rules', { signal })),
  });
}

const rule = (id: string) => ({ params: { path: { rule_id: id } } });

/** Have a search alert: the saved search of this text, made if there is none yet. */
export const useAlertOfSearch = () =>
  useChange('alert rules', async ({ text, body }: { text: string; body: Omit<AlertRuleInput, 'saved_search_id'> }) => {
    const known = await answer(api.GET('/api/saved-searches'));
    const saved =
      known.find((one) => one.text === text) ??
      (await answer(api.POST('/api/saved-searches', { body: { name: body.name, text, colour: 'red', shared: true } })));
    const wanted = { ...body, saved_search_id: saved.saved_search_id };
    return answer(api.POST('/api/alert-rules', { body: wanted }));
  });

export const useSetAlertRule = () =>
  useChange('alert rules', ({ id, body }: { id: string; body: AlertRuleInput }) =>
    answer(api.PUT('/api/alert-rules/{rule_id}', { ...rule(id), body })),
  );

export const useRemoveAlertRule = () =>
  useChange('alert rules', (id: string) => answer(api.DELETE('/api/alert-rules/{rule_id}', rule(id))));

export function useSilences() {
  return useQuery({ queryKey: ['silences'], queryFn: ({ signal }) => answer(api.GET('/api/silences', { signal })) });
}

export const useBeginSilence = () =>
  useChange('silences', (body: SilenceInput) => answer(api.POST('/api/silences', { body })));

export const useEndSilence = () =>
  useChange('silences', (id: string) =>
    answer(api.DELETE('/api/silences/{silence_id}', { params: { path: { silence_id: id } } })),
  );

export function useSystemAlerts() {
  return useQuery({
    queryKey: ['system alerts'],
    refetchInterval: 30_000,
    queryFn: ({ signal }) => answer(api.GET('/api/alerts/system', { signal })),
  });
}

export const useSetSystemAlerts = () =>
  useChange('system alerts', (body: SystemInput) => answer(api.PUT('/api/alerts/system', { body })));
