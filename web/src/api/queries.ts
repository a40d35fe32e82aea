/** What the pages ask the server and tell it, as hooks on one cache. */
import {
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { ApiError, answer, api } from './client';
import type { Second } from './factors';
import { endHere } from './notifications';
import type { components, paths } from './schema';
import type { Camera, Dismissal, IncidentDetail, Policy, Review, Scene, Session } from './types';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await answer(api.GET('/api/session', { signal }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

/** Who is signed in; null when nobody is. */
export const useSession = () => useQuery(sessionQuery);

export function useSignIn() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: { email: string; password: string } & Second) => answer(api.POST('/api/session', { body })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['session'] }),
  });
}

export function useSignOut() {
  const cache = useQueryClient();
  return useMutation({
    // Whoever sits down at this browser next is not to be told what this person was told.
    mutationFn: async () => {
      await endHere().catch(() => undefined);
      return answer(api.DELETE('/api/session'));
    },
    onSuccess: ({ provider }) => {
      // Who came from a provider would be in again with one click: the session there ends, too.
      if (provider) globalThis.location.assign(provider);
      // First the session, which closes every page; then what the pages knew, which is nobody else's business.
      cache.setQueryData(['session'], null);
      cache.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
    },
  });
}

export function useMoments() {
  return useQuery({
    queryKey: ['moments'],
    queryFn: ({ signal }) => answer(api.GET('/api/moments', { params: { query: { limit: 100 } }, signal })),
  });
}

export const camerasQuery = queryOptions({
  queryKey: ['cameras'],
  queryFn: async ({ signal }) => (await answer(api.GET('/api/cameras', { signal }))) as unknown as Camera[],
});

/** All cameras; asked for again every so many milliseconds when wanted. */
export const useCameras = (again: number | false = false, enabled = true) =>
  useQuery({ ...camerasQuery, enabled, refetchInterval: again });

export const outlinesQuery = queryOptions({
  queryKey: ['outlines'],
  // To compare ten thousand doors with the former ones takes longer than to draw those that are seen.
  structuralSharing: false,
  queryFn: ({ signal }) => answer(api.GET('/api/door-outlines', { signal })),
});

/** All doors in a few words, by name. */
export const useDoorOutlines = (enabled = true) => useQuery({ ...outlinesQuery, enabled });

export const doorPortionQuery = (text: string, site_id: string | undefined, limit: number) =>
  queryOptions({
    queryKey: ['doors', 'portion', text, site_id, limit],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/doors', { params: { query: { text, limit, ...(site_id ? { site_id } : {}) } }, signal })),
  });

/** The first doors with all words of a text, of a site where one is chosen; the former ones until these are there. */
export const useDoorPortion = (text: string, site_id: string | undefined, limit: number) =>
  useQuery({ ...doorPortionQuery(text, site_id, limit), placeholderData: keepPreviousData });

/** Door id to its newest event; doors of which nothing was heard yet are left out. */
export type LastEvents = ReadonlyMap<string, components['schemas']['DoorLastEvent']>;

/** When some doors were last heard of; what was known before until that is there. */
export function useLastEvents(door_ids: readonly string[]): LastEvents | undefined {
  const asked = [...door_ids].sort().slice(0, MOST_DOORS);
  return useQuery({
    queryKey: ['doors', 'last events', asked],
    enabled: asked.length > 0,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answer(api.POST('/api/last-events', { body: { door_ids: asked }, signal })),
    select: byDoor,
  }).data;
}

/** So many doors the server tells of at once. */
const MOST_DOORS = 1000;

const byDoor = (told: components['schemas']['DoorLastEvent'][]): LastEvents =>
  new Map(told.map((one) => [one.door_id, one]));

/** A door with what could be mended about it. */
export function useDoor(id: string, enabled = true) {
  return useQuery({
    queryKey: ['doors', id],
    enabled,
    queryFn: ({ signal }) => answer(api.GET('/api/doors/{door_id}', { ...door(id), signal })),
  });
}

export const useAcceptClock = () =>
  useChange((id: string) => answer(api.POST('/api/doors/{door_id}/clock-offset', door(id))), 'doors');

export const usePoolDoors = () =>
  useChange(
    ({ id, door_ids }: { id: string; door_ids: string[] }) =>
      answer(api.PUT('/api/doors/{door_id}/pool', { ...door(id), body: { door_ids } })),
    'doors',
  );

export interface IncidentFilter {
  review?: Review;
  kind?: string;
  state?: string;
  door_id?: string;
  site_id?: string;
  /** When it began: from then on, and before then. */
  since?: string;
  until?: string;
}

const PAGE = 50;

/** The review queue, newest first, page by page. */
export function useIncidents(filter: IncidentFilter) {
  return useInfiniteQuery({
    queryKey: ['incidents', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { ...filter, limit: PAGE, before: pageParam } as object;
      return answer(api.GET('/api/incidents', { params: { query }, signal }));
    },
    getNextPageParam: (last) => (last.length < PAGE ? undefined : last.at(-1)?.start),
  });
}

/** How many incidents there are by kind and by state, among those of the filter. */
export function useIncidentCounts(filter: IncidentFilter) {
  return useQuery({
    queryKey: ['incidents', 'counts', filter],
    queryFn: ({ signal }) =>
      answer(api.GET('/api/incidents/counts', { params: { query: { ...filter } as object }, signal })),
    placeholderData: (former) => former,
  });
}

const incident = (id: string) => ({ params: { path: { incident_id: id } } });

export function useIncident(id: string | null) {
  return useQuery({
    queryKey: ['incident', id],
    enabled: id !== null,
    queryFn: ({ signal }) => answer(api.GET('/api/incidents/{incident_id}', { ...incident(id ?? ''), signal })),
  });
}

interface Said {
  id: string;
  review: Review;
  note?: string;
  dismissal?: Dismissal;
  /** `said` of the incident in the list. */
  seen?: number;
}

/** What somebody thinks of an incident; refused when somebody else said something that is not on this page yet. */
export function useReview() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, seen = 0, ...said }: Said) => {
      // The page of an incident may know more than the list, or the list more than it.
      const shown = cache.getQueryData<IncidentDetail>(['incident', id])?.said ?? 0;
      const body = { ...said, seen: Math.max(seen, shown) };
      return answer(api.POST('/api/incidents/{incident_id}/review', { ...incident(id), body }));
    },
    onSuccess: (data, { id }) => cache.setQueryData(['incident', id], data),
    onError: (_error, { id }) => cache.invalidateQueries({ queryKey: ['incident', id] }),
    onSettled: () => cache.invalidateQueries({ queryKey: ['incidents'] }),
  });
}

function useIncidentChange<Input extends { id: string }>(call: (input: Input) => Promise<unknown>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSettled: (_data, _error, { id }) =>
      Promise.all([['incident', id], ['incidents']].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
}

export const useAssign = () =>
  useIncidentChange(({ id, ...body }: { id: string; to: string | null; seen: number }) =>
    answer(api.PUT('/api/incidents/{incident_id}/assignee', { ...incident(id), body })),
  );

export const useComment = () =>
  useIncidentChange(({ id, text }: { id: string; text: string }) =>
    answer(api.POST('/api/incidents/{incident_id}/comments', { ...incident(id), body: { text } })),
  );

interface Share {
  id: string;
  hours: number;
  recipient: string | null;
  password: string | null;
}

export function useShare() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: Share) =>
      answer(api.POST('/api/incidents/{incident_id}/share', { ...incident(id), body })),
    onSuccess: (_made, { id }) => cache.invalidateQueries({ queryKey: ['mail links', id] }),
  });
}

export function useSuggestions(text: string, enabled: boolean) {
  return useQuery({
    queryKey: ['suggest', text],
    enabled,
    queryFn: async ({ signal }) =>
      (await answer(api.GET('/api/suggest', { params: { query: { q: text } }, signal }))).suggestions,
    staleTime: 30_000,
    placeholderData: (former) => former,
  });
}

/** What became of each door's incidents, week by week. */
export function useWeeks(weeks: number, site_id?: string) {
  return useQuery({
    queryKey: ['reports', 'weeks', weeks, site_id],
    queryFn: ({ signal }) => answer(api.GET('/api/reports/weeks', { params: { query: { weeks, site_id } }, signal })),
  });
}

/** Cached answers that a change makes old are asked for again. */
async function outdated(cache: QueryClient, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => cache.invalidateQueries({ queryKey: [key] })));
}

function useChange<Input, Output>(call: (input: Input) => Promise<Output>, ...keys: string[]) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: call, onSuccess: () => outdated(cache, keys) });
}

const door = (id: string) => ({ params: { path: { door_id: id } } });
const camera = (id: string) => ({ params: { path: { camera_id: id } } });

export const useSavePolicy = () =>
  useChange(
    ({ id, policy }: { id: string; policy: Policy }) =>
      answer(api.PUT('/api/doors/{door_id}/policy', { ...door(id), body: policy })),
    'doors',
  );

export const useAddCamera = () =>
  useChange(
    (body: { name: string; url: string } & Partial<components['schemas']['NewCamera']>) =>
      answer(
        api.POST('/api/cameras', {
          body: { main_url: '', settings: {}, groups: [], labels: [], ...body, enabled: true },
        }),
      ),
    'cameras',
  );

export const useEditCamera = () =>
  useChange(
    ({ id, ...body }: { id: string } & components['schemas']['CameraChange']) =>
      answer(api.PATCH('/api/cameras/{camera_id}', { ...camera(id), body })),
    'cameras',
  );

export const useCameraList = () =>
  useChange(
    (body: { csv: string; apply: boolean }) => answer(api.POST('/api/camera-list', { body })),
    'cameras',
    'integrations',
  );

export const useRemoveCamera = () =>
  useChange((id: string) => answer(api.DELETE('/api/cameras/{camera_id}', camera(id))), 'cameras', 'doors');

type SceneBody =
  paths['/api/cameras/{camera_id}/scenes/{door_id}']['put']['requestBody']['content']['application/json'];

interface NewScene {
  camera_id: string;
  door_id: string;
  scene: SceneBody;
  /** What one began from, as the server told it; null for none. */
  before: Scene | null;
}

/** Saves a scene, unless somebody else drew another one since. */
export const useSaveScene = () =>
  useChange(async ({ scene, before, ...path }: NewScene) => {
    const { door: _door, door_id: _id, ...drawn } = before ?? {};
    const body = { ...scene, before: before && (drawn as SceneBody['before']) };
    return (await answer(
      api.PUT('/api/cameras/{camera_id}/scenes/{door_id}', { params: { path }, body }),
    )) as unknown as Scene;
  }, 'cameras');

export function useUsers() {
  return useQuery({ queryKey: ['users'], queryFn: ({ signal }) => answer(api.GET('/api/users', { signal })) });
}

export const useAddUser = () =>
  useChange(
    (body: { email: string; name: string; role: 'owner' | 'manage' | 'view'; cameras: string[] | null }) =>
      answer(api.POST('/api/users', { body })),
    'users',
  );

export const useSetPassword = () =>
  useMutation({
    mutationFn: ({ id, password }: { id: string; password?: string }) =>
      answer(api.PUT('/api/users/{user_id}/password', { params: { path: { user_id: id } }, body: { password } })),
  });
