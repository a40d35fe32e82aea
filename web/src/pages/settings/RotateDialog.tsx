/** Gives a token another secret, while the former one may work on for a while. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useRotateToken } from '../../api/tokens';
import type { Token } from '../../api/types';
import { Refusal, refusalShown } from '../../parts/basics';
import { useCloses } from '../../parts/closing';
import { DialogButtons } from '../../parts/DialogButtons';
import { OVERLAPS } from './tokens';

interface Props {
  token: Token;
  onClose: () => void;
  onRotated: (secret: string, name: string) => void;
}

export function RotateDialog({ token, onClose, onRotated }: Props) {
  const rotate = useRotateToken();
  const [hours, setHours] = useState(24);
  const close = useCloses(onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Shown once: also to whoever has closed this dialog meanwhile.
    rotate.mutateAsync({ id: token.id, overlap_hours: hours }).then((made) => {
      onRotated(made.token, made.info.name);
      close();
    }, refusalShown);
  };
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <form onSubmit={submit}>
            <Heading slot="title">
              <Trans>Another secret for {token.name}</Trans>
            </Heading>
            <p>
              <Trans>
                The token keeps its name and its rights. Put the new secret where the former one stands; until then both
                work.
              </Trans>
            </p>
            <label>
              {t`The former secret shall`}
              <select value={hours} onChange={(event) => setHours(Number(event.target.value))}>
                {OVERLAPS.map(([value, word]) => (
                  <option key={value} value={value}>
                    {word}
                  </option>
                ))}
              </select>
            </label>
            <Refusal of={rotate} />
            <DialogButtons onClose={onClose} word={t`Rotate`} isPending={rotate.isPending} />
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
