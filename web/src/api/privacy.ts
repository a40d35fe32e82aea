/** Holds on evidence, and cardholders: what is stored of one, exported and erased. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type Hold = components['schemas']['HoldShape'];
export type Cardholder = components['schemas']['CardholderShape'];
export type Erasure = components['schemas']['ErasureShape'];

/** Whether a hold still holds. */
export const isActive = (hold: Hold, now: number) =>
  hold.released_at === null && (hold.until === null || Date.parse(hold.until) > now);

export const useHolds = () =>
  useQuery({ queryKey: ['holds'], queryFn: ({ signal }) => answer(api.GET('/api/holds', { signal })) });

function useHoldChange<Input>(call: (input: Input) => Promise<Hold>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: (hold) =>
      Promise.all([['holds'], ['incident', hold.incident_id]].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
}

export const usePlaceHold = () =>
  useHoldChange(({ incident, reason, until }: { incident: string; reason: string; until: string | null }) =>
    answer(
      api.POST('/api/incidents/{incident_id}/holds', {
        params: { path: { incident_id: incident } },
        body: { reason, until },
      }),
    ),
  );

export const useReleaseHold = () =>
  useHoldChange((hold: Hold) =>
    answer(
      api.DELETE('/api/incidents/{incident_id}/holds/{hold_id}', {
        params: { path: { incident_id: hold.incident_id, hold_id: hold.hold_id } },
      }),
    ),
  );

/** People by name, id or address; nobody while nothing is asked for. */
export const useCardholders = (text: string) =>
  useQuery({
    queryKey: ['cardholders', text],
    enabled: text.trim().length > 1,
    queryFn: ({ signal }) => answer(api.GET('/api/cardholders', { params: { query: { q: text.trim() } }, signal })),
  });

const of = (id: string) => ({ params: { path: { cardholder_id: id } } });

/** All that is stored of a person, as a document. */
export const useExportPerson = () =>
  useMutation({
    mutationFn: async (id: string) => answer(api.POST('/api/cardholders/{cardholder_id}/export', of(id))),
  });

function useErasureChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () =>
      Promise.all(['cardholders', 'erasures'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}

export const useErasePerson = () =>
  useErasureChange((id: string) => answer(api.POST('/api/cardholders/{cardholder_id}/erase', of(id))));

export const useErasures = (enabled: boolean) =>
  useQuery({ queryKey: ['erasures'], enabled, queryFn: ({ signal }) => answer(api.GET('/api/erasures', { signal })) });

export const useAllowPerson = () =>
  useErasureChange((id: string) =>
    answer(api.DELETE('/api/erasures/{erasure_id}', { params: { path: { erasure_id: id } } })),
  );
