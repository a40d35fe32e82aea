/** The keys of the page, shown by `?`. */
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from '../parts/basics';

const KEYS: [string, string][] = [
  ['/', 'search, from everywhere'],
  ['j  k', 'next, previous in a list'],
  ['Enter', 'open what is selected; in an incident: play or stop its video'],
  ['e', 'confirm the incident'],
  ['x', 'dismiss the incident'],
  ['u', 'put the last reviewed incident back'],
  ['g then l s i d r', 'go to Live, Search, Incidents, Doors, Reports'],
  ['t', 'dark or light'],
  ['?', 'this list'],
];

const MARKS: [string, string][] = [
  ['admitted', 'green, tick: entered on a grant'],
  ['excess', 'red, cross: entered without one'],
  ['possible', 'amber, question mark: the count is not certain'],
  ['unlocked', 'blue, open lock: the door was unlocked'],
  ['not_observable', 'grey, slash: no camera saw the door'],
];

export function Help({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <ModalOverlay className="veil" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog help">
          <Heading slot="title">Keys and colours</Heading>
          <dl className="keys">
            {KEYS.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <dl className="keys">
            {MARKS.map(([mark, what]) => (
              <div key={mark}>
                <dt>
                  <span className={`swatch mark-${mark}`} />
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <div className="dialog-buttons">
            <Button onPress={onClose} autoFocus>
              Close
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
