/** Tokens of gateways, analyzers and programs. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { TokenKind } from './types';

const token = (id: string) => ({ params: { path: { token_id: id } } });

export function useTokens() {
  return useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => answer(api.GET('/api/tokens', { signal })) });
}

function useTokenChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({ mutationFn: call, onSuccess: () => cache.invalidateQueries({ queryKey: ['tokens'] }) });
}

export const useCreateToken = () =>
  useTokenChange((body: { name: string; kind: TokenKind; pacs?: string; expires_days?: number }) =>
    answer(api.POST('/api/tokens', { body })),
  );

export const useRotateToken = () =>
  useTokenChange(({ id, overlap_hours }: { id: string; overlap_hours: number }) =>
    answer(api.POST('/api/tokens/{token_id}/secret', { ...token(id), body: { overlap_hours } })),
  );

export const useEndFormerSecret = () =>
  useTokenChange((id: string) => answer(api.DELETE('/api/tokens/{token_id}/former-secret', token(id))));

export const useRevokeToken = () =>
  useTokenChange((id: string) => answer(api.DELETE('/api/tokens/{token_id}', token(id))));
