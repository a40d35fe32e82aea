/** What saving will change, door by door, before it does. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { Mapping } from '../../api/integrations';
import { DialogButtons } from '../../parts/DialogButtons';
import { type Draft, summaryOf } from './draft';

interface Props {
  mapping: Mapping;
  draft: Draft;
  isPending: boolean;
  onSave: () => void;
  onClose: () => void;
}

const SHOWN = 200;

export function SaveDialog({ mapping, draft, isPending, onSave, onClose }: Props) {
  const changes = summaryOf(mapping, draft);
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <Heading slot="title">
            {plural(changes.length, { one: 'Save one door?', other: `Save ${changes.length} doors?` })}
          </Heading>
          <p className="soft">
            <Trans>From now on; what was recorded before keeps the mapping it had.</Trans>
          </p>
          <ul className="changes">
            {changes.slice(0, SHOWN).map(({ door, added, removed, primary }) => (
              <li key={door.door_id}>
                <strong>{door.name}</strong>
                {added.map((name) => (
                  <span key={`+${name}`} className="added">
                    + {name}
                  </span>
                ))}
                {removed.map((name) => (
                  <span key={`-${name}`} className="removed">
                    − {name}
                  </span>
                ))}
                {primary ? (
                  <span>
                    <Trans>{primary} is believed first</Trans>
                  </span>
                ) : null}
              </li>
            ))}
          </ul>
          {changes.length > SHOWN ? (
            <p className="soft">
              <Trans>And {changes.length - SHOWN} more doors</Trans>
            </p>
          ) : null}
          <DialogButtons onClose={onClose} word={t`Save`} onPress={onSave} isPending={isPending} autoFocus />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
