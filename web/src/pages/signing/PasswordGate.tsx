/** The password was made by the server: until the person chooses one, nothing else is shown. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import type { Second } from '../../api/factors';
import { useSignOut } from '../../api/queries';
import { useChangePassword } from '../../api/sessions';
import type { Session } from '../../api/types';
import { Button, refusalShown } from '../../parts/basics';
import { PasswordField } from '../../parts/PasswordField';
import { SecondFactorFields, useOwnPasskey } from '../../parts/SecondFactorFields';
import { SigningBox, Trouble } from './Box';

export function PasswordGate({ session }: { session: Session }) {
  const change = useChangePassword();
  const signOut = useSignOut();
  const [former, setFormer] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const askPasskey = useOwnPasskey(session.second_factor);
  const choose = (second: Second) => change.mutateAsync({ former, password, ...second }).catch(refusalShown);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!change.isPending) void choose(session.second_factor ? { code } : {});
  };
  const ready = former && password.length >= 10 && (!session.second_factor || code.length >= 6);
  return (
    <SigningBox title={t`Choose your own password`}>
      <p>{t`The one that you came in with was made for your first sign-in, and somebody else has seen it.`}</p>
      <form onSubmit={submit}>
        <PasswordField
          label={t`The password that you were given`}
          value={former}
          onChange={setFormer}
          autoComplete="current-password"
          autoFocus
          isRequired
        />
        <PasswordField
          label={t`Your own password`}
          hint={t`At least 10 characters. A sentence is easy to remember.`}
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
          isRequired
        />
        {session.second_factor ? (
          <SecondFactorFields
            code={code}
            onCode={setCode}
            askPasskey={askPasskey}
            onPasskey={(passkey) => void choose({ passkey })}
          />
        ) : null}
        <Trouble error={change.error} />
        <Button type="submit" tone="main" isDisabled={!ready} isPending={change.isPending}>
          {t`Go on`}
        </Button>
      </form>
      <Button onPress={() => signOut.mutate()}>{t`Sign out`}</Button>
    </SigningBox>
  );
}
