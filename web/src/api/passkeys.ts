/** Passkeys and security keys: what the browser asks them, in the words of the server. */
import { t } from '@lingui/core/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type PasskeyAnswer = components['schemas']['PasskeyAnswer'];
export type Passkey = components['schemas']['PasskeyShape'];

/** Whether this browser can ask passkeys. */
export const canAskPasskeys = () => 'PublicKeyCredential' in globalThis;

function given(credential: Credential | null): PasskeyAnswer {
  return (credential as PublicKeyCredential).toJSON() as PasskeyAnswer;
}

/** Why a browser gave nothing, in words that say what to do. */
function refused(error: unknown): Error {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'InvalidStateError') return new Error(t`This passkey was added before: take another one.`);
  if (name === 'SecurityError')
    return new Error(t`Passkeys work at the public address of this server alone: open that.`);
  return new Error(t`No passkey answered: it was cancelled, or took too long. Try again.`);
}

/** Asks one of the passkeys that the server named. */
export async function askPasskey(options: unknown): Promise<PasskeyAnswer> {
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
    return given(await navigator.credentials.get({ publicKey }));
  } catch (error) {
    throw refused(error);
  }
}

/** Asks one of one's own passkeys, while signed in. */
export async function askOwnPasskey(): Promise<PasskeyAnswer> {
  const { options } = await answer(api.POST('/api/session/passkey'));
  return askPasskey(options);
}

function useFactorsChange<Input, Output>(call: (input: Input) => Promise<Output>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => cache.invalidateQueries({ queryKey: ['factors'] }),
  });
}

/** Has the browser make a passkey, and adds it; recovery codes come back with the first second factor. */
export const useAddPasskey = () =>
  useFactorsChange(async (name: string) => {
    const { options } = await answer(api.POST('/api/session/factors/passkeys'));
    let credential: PasskeyAnswer;
    try {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
        options as unknown as PublicKeyCredentialCreationOptionsJSON,
      );
      credential = given(await navigator.credentials.create({ publicKey }));
    } catch (error) {
      throw refused(error);
    }
    return answer(api.POST('/api/session/factors/passkeys/confirm', { body: { name, credential } }));
  });

const key = (id: string) => ({ params: { path: { passkey_id: id } } });

export const useRenamePasskey = () =>
  useFactorsChange(({ id, name }: { id: string; name: string }) =>
    answer(api.PATCH('/api/session/factors/passkeys/{passkey_id}', { ...key(id), body: { name } })),
  );

export function useRemovePasskey() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE('/api/session/factors/passkeys/{passkey_id}', key(id))),
    onSuccess: () => Promise.all(['factors', 'session'].map((name) => cache.invalidateQueries({ queryKey: [name] }))),
  });
}
