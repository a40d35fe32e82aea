/** Asks who one is again before what could do much harm; who proves it is not asked for some minutes. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useEffect, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { onProofNeeded } from '../api/client';
import { useProve } from '../api/sessions';
import { onProof, useWays } from '../api/signOn';
import type { Session } from '../api/types';
import { Button, Refusal } from '../parts/basics';
import { DialogButtons } from '../parts/DialogButtons';
import { PasswordField } from '../parts/PasswordField';
import { SecondFactorFields, useOwnPasskey } from '../parts/SecondFactorFields';

export function ProofHost({ session }: { session: Session }) {
  const [asked, setAsked] = useState<{ answer: (given: boolean) => void } | null>(null);
  useEffect(() => {
    let waiting: Promise<boolean> | null = null;
    onProofNeeded(() => {
      // Several requests that wait for a proof wait for the same one.
      waiting ??= new Promise<boolean>((answer) => setAsked({ answer })).finally(() => {
        waiting = null;
      });
      return waiting;
    });
    return () => onProofNeeded(async () => false);
  }, []);
  const close = (given: boolean) => {
    asked?.answer(given);
    setAsked(null);
  };
  return (
    <ModalOverlay className="veil" isOpen={asked !== null} onOpenChange={(open) => !open && close(false)} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          {session.proof === 'provider' ? (
            <AtProvider close={close} />
          ) : (
            <ByPassword withCode={session.second_factor} close={close} />
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface Props {
  close: (given: boolean) => void;
}

function ByPassword({ withCode, close }: Props & { withCode: boolean }) {
  const prove = useProve();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const askPasskey = useOwnPasskey(withCode);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!prove.isPending)
      prove.mutate({ password, code: withCode ? code : undefined }, { onSuccess: () => close(true) });
  };
  return (
    <form onSubmit={submit}>
      <Heading slot="title">{t`Is it you?`}</Heading>
      <p>
        <Trans>You have been signed in for a while. Enter your password again to go on with this.</Trans>
      </p>
      <PasswordField
        label={t`Your password`}
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        isRequired
        autoFocus
      />
      {withCode ? (
        <SecondFactorFields
          code={code}
          onCode={setCode}
          askPasskey={askPasskey}
          onPasskey={(passkey) => prove.mutate({ password, passkey }, { onSuccess: () => close(true) })}
        />
      ) : null}
      <Refusal of={prove} />
      <DialogButtons onClose={() => close(false)} word={t`Go on`} isPending={prove.isPending} />
    </form>
  );
}

/** Who came from a provider proves it there, in a window of its own: what stands on this page stays. */
function AtProvider({ close }: Props) {
  const provider = useWays().data?.provider ?? t`single sign-on`;
  const [waiting, setWaiting] = useState(false);
  useEffect(() => onProof(() => close(true)), [close]);
  return (
    <>
      <Heading slot="title">{t`Is it you?`}</Heading>
      <p>
        <Trans>You have been signed in for a while. Sign in with {provider} again to go on with this.</Trans>
      </p>
      {waiting ? <p role="status">{t`Waiting for the other window…`}</p> : null}
      <div className="dialog-buttons">
        <Button onPress={() => close(false)}>{t`Cancel`}</Button>
        <Button
          tone="main"
          autoFocus
          onPress={() => {
            window.open('/sso', 'doorwatch-proof', 'popup,width=520,height=720');
            setWaiting(true);
          }}
        >
          <Trans>Sign in with {provider}</Trans>
        </Button>
      </div>
    </>
  );
}
