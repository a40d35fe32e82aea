/** What saving will change, door by door, before it does. */
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { Mapping } from '../../api/integrations';
import { Button } from '../../parts/basics';
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
          <Heading slot="title">{changes.length === 1 ? 'Save one door?' : `Save ${changes.length} doors?`}</Heading>
          <p className="soft">From now on; what was recorded before keeps the mapping it had.</p>
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
                {primary ? <span>{primary} is believed first</span> : null}
              </li>
            ))}
          </ul>
          {changes.length > SHOWN ? <p className="soft">And {changes.length - SHOWN} more doors</p> : null}
          <div className="dialog-buttons">
            <Button onPress={onClose}>Cancel</Button>
            <Button tone="main" onPress={onSave} isPending={isPending} autoFocus>
              Save
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
