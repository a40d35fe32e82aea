/** Whether the account keeps the colours of clothes. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';

export const useClothing = () =>
  useQuery({ queryKey: ['clothing'], queryFn: ({ signal }) => answer(api.GET('/api/clothing', { signal })) });

export function useSetClothing() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (kept: boolean) => answer(api.PUT('/api/clothing', { body: { kept } })),
    onSuccess: (now) => cache.setQueryData(['clothing'], now),
  });
}
