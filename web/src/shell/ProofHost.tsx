/** Asks for the password again before what could do much harm; who gives it right is not asked for some minutes. */
import { type FormEvent, useEffect, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { onProofNeeded } from '../api/client';
import { useProve } from '../api/sessions';
import { Button } from '../parts/basics';
import { CodeField } from '../parts/CodeField';
import { PasswordField } from '../parts/PasswordField';

export function ProofHost({ withCode }: { withCode: boolean }) {
  const prove = useProve();
  const [asked, setAsked] = useState<{ answer: (given: boolean) => void } | null>(null);
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
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
    setPassword('');
    setCode('');
    prove.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!prove.isPending)
      prove.mutate({ password, code: withCode ? code : undefined }, { onSuccess: () => close(true) });
  };
  return (
    <ModalOverlay className="veil" isOpen={asked !== null} onOpenChange={(open) => !open && close(false)} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <form onSubmit={submit}>
            <Heading slot="title">Is it you?</Heading>
            <p>You have been signed in for a while. Enter your password again to go on with this.</p>
            <PasswordField
              label="Your password"
              value={password}
              onChange={setPassword}
              autoComplete="current-password"
              isRequired
              autoFocus
            />
            {withCode ? <CodeField value={code} onChange={setCode} /> : null}
            {prove.isError ? (
              <p className="failure-text" role="alert">
                {prove.error.message}
              </p>
            ) : null}
            <div className="dialog-buttons">
              <Button onPress={() => close(false)}>Cancel</Button>
              <Button type="submit" tone="main" isPending={prove.isPending}>
                Go on
              </Button>
            </div>
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
