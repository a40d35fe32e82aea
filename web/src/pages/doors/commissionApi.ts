/** What the pages for setting up a door ask the server: proposals, placement, runs, certificates, recorded video. */
import { t } from '@lingui/core/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, answer, api } from '../../api/client';
import type { components } from '../../api/schema';
import type { Scene } from '../../api/types';
import type { Point } from '../../geometry/homography';

type Schemas = components['schemas'];

export type Run = Schemas['RunShape'];
export type Figures = Schemas['FiguresShape'];
export type Placement = Schemas['PlacementShape'];
export type Recorded = Schemas['RecordedShape'];
export type Way = 'in' | 'out';
export type Proposal = Omit<Schemas['ProposalShape'], 'scene' | 'ways' | 'size'> & {
  scene: Scene | null;
  ways: readonly (readonly Point[])[];
  size: readonly [number, number] | null;
};

/** What a certificate says; the server keeps it as it was issued. */
export interface CertificateBody {
  door: { name: string; device_id: string };
  cameras: {
    camera_id: string;
    name: string;
    detector: string | null;
    width: number | null;
    height: number | null;
    fps: number | null;
    scene_since: string | null;
  }[];
  source: 'walk' | 'recording';
  since: string;
  until: string;
  tolerance_s: number;
  walked_by: string;
  issued_by: string;
  software: string;
  figures: Figures;
  directions: Record<Way, Figures>;
  marks: { at: string; direction: Way; crossing_id: string | null }[];
  extra: { at: string; direction: Way; crossing_id: string }[];
}
export type Certificate = Omit<Schemas['CertificateShape'], 'body'> & { body: CertificateBody };

/** A proposed scene; asked for again while people may still walk by. */
export function useProposal(cameraId: string, doorId: string, again: boolean) {
  return useQuery({
    queryKey: ['proposal', cameraId, doorId],
    queryFn: async ({ signal }) =>
      (await answer(
        api.GET('/api/cameras/{camera_id}/proposal', {
          params: { path: { camera_id: cameraId }, query: { door_id: doorId } },
          signal,
        }),
      )) as unknown as Proposal,
    refetchInterval: again ? 5000 : false,
  });
}

type SceneBody = Schemas['SceneInput'];

/** How well the camera is placed for a scene as it is drawn just now; null while that cannot be judged. */
export function usePlacement(cameraId: string, scene: SceneBody | null) {
  return useQuery({
    queryKey: ['placement', cameraId, JSON.stringify(scene)],
    enabled: scene !== null,
    queryFn: ({ signal }) =>
      answer(
        api.POST('/api/cameras/{camera_id}/placement', {
          params: { path: { camera_id: cameraId } },
          body: { scene },
          signal,
        }),
      ),
    placeholderData: (former) => former,
    staleTime: 60_000,
  });
}

export function useForgetWalks() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (cameraId: string) =>
      answer(api.DELETE('/api/cameras/{camera_id}/walks', { params: { path: { camera_id: cameraId } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['proposal'] }),
  });
}

/** The door's run that is open, with the count as it stands; null when there is none. */
export function useOpenRun(doorId: string) {
  return useQuery({
    queryKey: ['run', doorId],
    queryFn: async ({ signal }) =>
      (await answer(api.GET('/api/doors/{door_id}/commissioning', { params: { path: { door_id: doorId } }, signal })))
        .run,
    refetchInterval: (query) => (query.state.data ? 1000 : false),
    staleTime: 0,
  });
}

export function useStartRun(doorId: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas['RunInput']) =>
      answer(api.POST('/api/doors/{door_id}/commissioning', { params: { path: { door_id: doorId } }, body })),
    onSuccess: (run) => cache.setQueryData(['run', doorId], run),
  });
}

export interface NewMark {
  mark_id: string;
  direction: Way;
  at?: string;
  ago_ms?: number;
}

export function useMarks(run: Run) {
  const cache = useQueryClient();
  const keep = (changed: Run) => cache.setQueryData(['run', run.door_id], changed);
  const add = useMutation({
    mutationFn: (marks: NewMark[]) =>
      answer(
        api.POST('/api/commissioning/{run_id}/marks', {
          params: { path: { run_id: run.run_id } },
          body: { marks: marks.map((mark) => ({ ago_ms: 0, ...mark })) },
        }),
      ),
    onSuccess: keep,
    // The mark's id makes it safe to send again.
    retry: 3,
  });
  const remove = useMutation({
    mutationFn: (markId: string) =>
      answer(
        api.DELETE('/api/commissioning/{run_id}/marks/{mark_id}', {
          params: { path: { run_id: run.run_id, mark_id: markId } },
        }),
      ),
    onSuccess: keep,
  });
  return { add, remove };
}

export function useEndRun(run: Run) {
  const cache = useQueryClient();
  const over = async () => {
    cache.setQueryData(['run', run.door_id], null);
    await cache.invalidateQueries({ queryKey: ['certificates'] });
  };
  const finish = useMutation({
    mutationFn: async () =>
      (await answer(
        api.POST('/api/commissioning/{run_id}/finish', { params: { path: { run_id: run.run_id } } }),
      )) as unknown as Certificate,
    onSuccess: over,
  });
  const drop = useMutation({
    mutationFn: () =>
      answer(api.POST('/api/commissioning/{run_id}/drop', { params: { path: { run_id: run.run_id } } })),
    onSuccess: over,
  });
  return { finish, drop };
}

/** The newest certificates of all doors. */
export function useCertificates() {
  return useQuery({
    queryKey: ['certificates'],
    queryFn: async ({ signal }) => (await answer(api.GET('/api/certificates', { signal }))) as unknown as Certificate[],
  });
}

export function useCertificate(id: string) {
  return useQuery({
    queryKey: ['certificates', id],
    queryFn: async ({ signal }) =>
      (await answer(
        api.GET('/api/certificates/{certificate_id}', { params: { path: { certificate_id: id } }, signal }),
      )) as unknown as Certificate,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useRecorded(cameraId: string | undefined, since: string, until: string) {
  return useQuery({
    queryKey: ['recorded', cameraId, since, until],
    enabled: cameraId !== undefined,
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/cameras/{camera_id}/recorded', {
          params: { path: { camera_id: cameraId ?? '' }, query: { since, until } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });
}

export interface VideoPiece {
  url: string;
  /** Capture time of its first picture, in milliseconds since 1970. */
  start: number;
}

/** A piece of recorded video as something a player can show. Throws ApiError. */
export async function fetchPiece(cameraId: string, since: number, until: number): Promise<VideoPiece> {
  const query = new URLSearchParams({ since: new Date(since).toISOString(), until: new Date(until).toISOString() });
  const given = await fetch(`/api/cameras/${encodeURIComponent(cameraId)}/recorded.mp4?${query}`);
  if (!given.ok) {
    const told = (await given.json().catch(() => ({}))) as { error?: string };
    throw new ApiError(given.status, told.error ?? t`The server answered ${given.status}; its log says why.`);
  }
  const start = Date.parse(given.headers.get('X-Start') ?? '');
  return { url: URL.createObjectURL(await given.blob()), start };
}
