/** Evidence as one signed file: asked for, watched until it is ready, deleted; and the key that verifies it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type Export = components['schemas']['ExportShape'];
export type ExportWish = components['schemas']['ExportInput'];

const LOOK_EVERY_MS = 1000;

/** Whether somebody still works on it. */
export const isBeingMade = (one: Export) => one.state === 'waiting' || one.state === 'working';

const of = (incident: string) => ({ params: { path: { incident_id: incident } } });

/** All exports of an incident, the newest first; looked at again while one is being made. */
export const useExports = (incident: string, enabled: boolean) =>
  useQuery({
    queryKey: ['exports', incident],
    enabled,
    queryFn: ({ signal }) => answer(api.GET('/api/incidents/{incident_id}/exports', { ...of(incident), signal })),
    refetchInterval: (query) => (query.state.data?.some(isBeingMade) ? LOOK_EVERY_MS : false),
  });

function useExportChange<Input>(incident: string, call: (input: Input) => Promise<Export>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSettled: () => cache.invalidateQueries({ queryKey: ['exports', incident] }),
  });
}

export const useAskExport = (incident: string) =>
  useExportChange(incident, (body: Partial<ExportWish>) =>
    answer(api.POST('/api/incidents/{incident_id}/exports', { ...of(incident), body: body as ExportWish })),
  );

export const useDropExport = (incident: string) =>
  useExportChange(incident, (id: string) =>
    answer(api.DELETE('/api/exports/{export_id}', { params: { path: { export_id: id } } })),
  );

export const useEvidenceKey = () =>
  useQuery({ queryKey: ['evidence-key'], queryFn: ({ signal }) => answer(api.GET('/api/evidence-key', { signal })) });
