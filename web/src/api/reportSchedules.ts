/** Reports that are mailed by themselves. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type ReportSchedule = Schemas['ReportScheduleShape'];
export type ReportScheduleInput = Schemas['ReportScheduleInput'];

const KEY = ['report schedules'];
const named = (schedule_id: string) => ({ params: { path: { schedule_id } } });

export function useReportSchedules(enabled: boolean) {
  return useQuery({
    queryKey: KEY,
    enabled,
    queryFn: ({ signal }) => answer(api.GET('/api/report-schedules', { signal })),
  });
}

/** Saves one anew, or makes it when it has no id yet. */
export function useSaveReportSchedule() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, body }: { id: string | null; body: ReportScheduleInput }) =>
      answer(
        id === null
          ? api.POST('/api/report-schedules', { body })
          : api.PUT('/api/report-schedules/{schedule_id}', { ...named(id), body }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

export function useRemoveReportSchedule() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE('/api/report-schedules/{schedule_id}', named(id))),
    onSuccess: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

export function useSendReport() {
  return useMutation({
    mutationFn: (id: string) => answer(api.POST('/api/report-schedules/{schedule_id}/send', named(id))),
  });
}
