/** Mapping, suggestions for it, and gateways: what the page asks the server and tells it. */
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
export type Mapping = Schemas['MappingShape'];
export type MappableDoor = Schemas['MappableDoorShape'];
export type MappableCamera = Schemas['MappableCameraShape'];
export type MappingChange = Schemas['MappingChangeInput'];
export type Suggestion = Schemas['MappingSuggestion'];
export type Gateway = Schemas['GatewayShape'];

const KEY = ['integrations', 'mapping'];

export const mappingQuery = queryOptions({
  queryKey: KEY,
  // To compare ten thousand doors with the former ones takes longer than to draw those that are seen.
  structuralSharing: false,
  queryFn: ({ signal }) => answer(api.GET('/api/integrations/mapping', { signal })),
});

export const useMapping = () => useQuery(mappingQuery);

export function useMappingSuggestions() {
  return useQuery({
    queryKey: ['integrations', 'suggestions'],
    queryFn: ({ signal }) => answer(api.GET('/api/integrations/suggestions', { signal })),
  });
}

/** A change of the mapping: what came back is shown at once, and whatever else shows mappings is asked for again. */
function useMappingChange<Input>(call: (input: Input) => Promise<Mapping>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: (mapping) => {
      cache.setQueryData(KEY, mapping);
      const keys = [['integrations', 'suggestions'], ['doors'], ['outlines'], ['cameras']];
      return Promise.all(keys.map((queryKey) => cache.invalidateQueries({ queryKey })));
    },
    // Somebody else was quicker, or something is gone: show what is there now.
    onError: () => cache.invalidateQueries({ queryKey: KEY }),
  });
}

export const useSaveMapping = () =>
  useMappingChange((changes: MappingChange[]) => answer(api.PUT('/api/integrations/mapping', { body: { changes } })));

export const useFollowDoor = () =>
  useMappingChange(({ stale_id, door_id }: { stale_id: string; door_id: string }) =>
    answer(
      api.POST('/api/integrations/doors/{door_id}/follow', {
        params: { path: { door_id: stale_id } },
        body: { door_id },
      }),
    ),
  );

export function useGateways() {
  return useQuery({
    queryKey: ['gateways'],
    refetchInterval: 5000,
    queryFn: ({ signal }) => answer(api.GET('/api/gateways', { signal })),
  });
}

export function useAcceptDoorList() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ pacs_id, gateway_id }: { pacs_id: string; gateway_id: string }) =>
      answer(api.POST('/api/gateways/{pacs_id}/doors/accept', { params: { path: { pacs_id } }, body: { gateway_id } })),
    onSuccess: () =>
      Promise.all(
        [['gateways'], ['integrations'], ['doors'], ['outlines']].map((queryKey) =>
          cache.invalidateQueries({ queryKey }),
        ),
      ),
  });
}
