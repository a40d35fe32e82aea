/** How far each camera's recordings reach, what they take, and for how long the disks have room. */
import { useQuery } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type CameraRecordings = components['schemas']['CameraRecordings'];
export type DiskRecordings = components['schemas']['DiskRecordings'];

export const useRecordings = (enabled: boolean) =>
  useQuery({
    queryKey: ['recordings'],
    queryFn: ({ signal }) => answer(api.GET('/api/recordings', { signal })),
    enabled,
    refetchInterval: 60_000,
  });
