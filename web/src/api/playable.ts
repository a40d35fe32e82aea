/** Clips that every browser plays, made on request of video whose codec this one does not play. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Micros } from '../time';
import { answer, api } from './client';
import type { components } from './schema';

export type Playable = components['schemas']['PlayableShape'];

/** What is to be made playable: a piece of a camera's recording, or the clip of an incident. */
export type PlayableOf = { camera: string; from: Micros; until: Micros } | { incident: string };

const LOOK_EVERY_MS = 500;

export const isBeingMade = (one: Playable | undefined) => one?.state === 'waiting' || one?.state === 'working';

const keyOf = (of: PlayableOf) => ['playable', of];

/** How far a clip is; looked at again and again while it is being made. */
export function usePlayable(of: PlayableOf, enabled: boolean) {
  return useQuery({
    queryKey: keyOf(of),
    enabled,
    retry: false,
    queryFn: ({ signal }) =>
      'incident' in of
        ? answer(
            api.GET('/api/incidents/{incident_id}/playable', {
              params: { path: { incident_id: of.incident } },
              signal,
            }),
          )
        : answer(
            api.GET('/api/cameras/{camera_id}/playable', {
              params: { path: { camera_id: of.camera }, query: { from_us: of.from, until_us: of.until } },
              signal,
            }),
          ),
    refetchInterval: (query) => (isBeingMade(query.state.data) ? LOOK_EVERY_MS : false),
  });
}

/** Has a clip made. */
export function useMakePlayable(of: PlayableOf) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: () =>
      'incident' in of
        ? answer(api.POST('/api/incidents/{incident_id}/playable', { params: { path: { incident_id: of.incident } } }))
        : answer(
            api.POST('/api/cameras/{camera_id}/playable', {
              params: { path: { camera_id: of.camera } },
              body: { from_us: of.from, until_us: of.until },
            }),
          ),
    onSuccess: (made) => cache.setQueryData(keyOf(of), made),
  });
}
