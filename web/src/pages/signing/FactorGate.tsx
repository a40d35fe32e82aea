/** A second factor is wanted: until one is added or shown, nothing else is shown. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { type Second, useShowFactor } from '../../api/factors';
import { useSignOut } from '../../api/queries';
import type { Session } from '../../api/types';
import { Button, refusalShown } from '../../parts/basics';
import { SecondFactorFields, useOwnPasskey } from '../../parts/SecondFactorFields';
import { AskHost } from '../../shell/ask';
import { ProofHost } from '../../shell/ProofHost';
import { SecondFactor } from '../settings/SecondFactor';
import { SigningBox, Trouble } from './Box';

export function FactorGate({ session, onDone }: { session: Session; onDone: () => void }) {
  const signOut = useSignOut();
  return (
    <>
      <SigningBox title={session.second_factor ? t`Your second factor` : t`A second factor is required`} wide>
        {session.limited && session.second_factor ? (
          <ShowFactor onDone={onDone} />
        ) : (
          <>
            <p>
              <Trans>
                {session.account.name} asks everybody for one. Add an authenticator app or a passkey to go on.
              </Trans>
            </p>
            <SecondFactor onDone={onDone} />
          </>
        )}
        <Button onPress={() => signOut.mutate()}>{t`Sign out`}</Button>
      </SigningBox>
      <AskHost />
      <ProofHost session={session} />
    </>
  );
}

/** Who has one shows it; that is all that is missing. */
function ShowFactor({ onDone }: { onDone: () => void }) {
  const show = useShowFactor();
  const [code, setCode] = useState('');
  const askPasskey = useOwnPasskey(true);
  // The session is open before the answer is here, and this may be gone by then.
  const prove = (second: Second) => show.mutateAsync(second).then(onDone, refusalShown);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!show.isPending) prove({ code });
  };
  return (
    <form onSubmit={submit}>
      <p>{t`You came in without it: show it, or enter a recovery code.`}</p>
      <SecondFactorFields
        code={code}
        onCode={setCode}
        askPasskey={askPasskey}
        onPasskey={(passkey) => prove({ passkey })}
        autoFocus
      />
      <Trouble error={show.error} />
      <Button type="submit" tone="main" isDisabled={code.length < 6} isPending={show.isPending}>
        {t`Go on`}
      </Button>
    </form>
  );
}
