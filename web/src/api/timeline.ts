/** What happened at a door over a time, who was where, and when somebody was in the picture. */
import { useQueries, useQuery } from '@tanstack/react-query';
import { type Micros, SECOND } from '../time';
import { answer, api } from './client';
import type { components } from './schema';
import type { Scene } from './types';

type Schemas = components['schemas'];

export type Tracks = Schemas['Tracks'];
export type Bucket = Schemas['Bucket'];
export type TimelineCamera = Omit<Schemas['TimelineCamera'], 'scenes' | 'covered' | 'recorded'> & {
  scenes: Scene[];
  covered: [Micros, Micros][];
  recorded: [Micros, Micros][];
};
export type TimelineData = Omit<Schemas['Timeline'], 'cameras' | 'pacs_covered'> & {
  cameras: TimelineCamera[];
  pacs_covered: [Micros, Micros][] | null;
};

/** A door with all cameras that saw it, or one camera. */
export type TimelinePlace = { door: string } | { camera: string };

const AGAIN_MS = 4000;
const CHUNK = 20 * SECOND;
const SETTLED = 60 * SECOND;

export function useTimeline(place: TimelinePlace, from: Micros, until: Micros) {
  const open = until > Date.now() * 1000 - SETTLED;
  return useQuery({
    queryKey: ['timeline', place, from, until],
    queryFn: async ({ signal }): Promise<TimelineData> => {
      const query = { from_us: from, until_us: until };
      const told =
        'door' in place
          ? await answer(
              api.GET('/api/doors/{door_id}/timeline', { params: { path: { door_id: place.door }, query }, signal }),
            )
          : await answer(
              api.GET('/api/cameras/{camera_id}/timeline', {
                params: { path: { camera_id: place.camera }, query },
                signal,
              }),
            );
      return told as unknown as TimelineData;
    },
    placeholderData: (former) => former,
    staleTime: open ? 1000 : 60_000,
    refetchInterval: open ? AGAIN_MS : false,
  });
}

/** The tracks around a moment, piece by piece: the piece that it lies in, the one before, and the one after. */
export function useTracks(camera: string, at: Micros): Tracks[] {
  const piece = Math.floor(at / CHUNK);
  const found = useQueries({
    queries: [piece - 1, piece, piece + 1].map((one) => {
      const open = (one + 1) * CHUNK > Date.now() * 1000 - SETTLED;
      return {
        queryKey: ['tracks', camera, one],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          answer(
            api.GET('/api/cameras/{camera_id}/tracks', {
              params: { path: { camera_id: camera }, query: { from_us: one * CHUNK, until_us: (one + 1) * CHUNK } },
              signal,
            }),
          ),
        enabled: one >= 0,
        staleTime: open ? 1000 : 300_000,
        refetchInterval: open ? AGAIN_MS : (false as const),
      };
    }),
    combine: combined,
  });
  return found;
}

const combined = (asked: { data?: Tracks | undefined }[]) => asked.flatMap(({ data }) => (data ? [data] : []));

const LONGEST_PRESENCE = 6 * 3600 * SECOND;

/** When somebody was in the picture; empty of a long time, and where no analyzer tells it. */
export function usePresence(camera: string, from: Micros, until: Micros): readonly (readonly [Micros, Micros])[] {
  const open = until > Date.now() * 1000 - SETTLED;
  const found = useQuery({
    queryKey: ['presence', camera, from, until],
    queryFn: ({ signal }) =>
      answer(
        api.GET('/api/cameras/{camera_id}/presence', {
          params: { path: { camera_id: camera }, query: { from_us: from, until_us: until } },
          signal,
        }),
      ),
    enabled: until - from <= LONGEST_PRESENCE,
    placeholderData: (former) => former,
    staleTime: open ? 1000 : 60_000,
    refetchInterval: open ? 2 * AGAIN_MS : false,
    retry: false,
  });
  return (found.data ?? []) as unknown as [Micros, Micros][];
}
