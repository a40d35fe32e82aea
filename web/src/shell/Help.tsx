/** The keys of the page, shown by `?`. */
import { t } from '@lingui/core/macro';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { Button } from '../parts/basics';

const KEYS: [string, string][] = [
  ['/', t`search, from everywhere`],
  ['j  k', t`next, previous in a list or in time`],
  ['Enter', t`open what is selected; in an incident: play or stop its video`],
  ['e', t`confirm the incident`],
  ['x', t`dismiss the incident`],
  ['u', t`put the last reviewed incident back`],
  [t`Space`, t`looking back: play, stop`],
  [',  .', t`looking back: one picture back, on`],
  ['<  >', t`looking back: slower, faster`],
  ['←  →', t`looking back: five seconds back, on`],
  ['+  −', t`looking back: a shorter, a longer time`],
  ['n  o', t`looking back: now; overlay on, off`],
  ['f', t`full screen: the wall, the recordings`],
  [t`g then l s i d r`, t`go to Live, Search, Incidents, Doors, Reports`],
  ['t', t`dark or light`],
  ['?', t`this list`],
];

const MARKS: [string, string][] = [
  ['admitted', t`green, tick: entered on a grant`],
  ['excess', t`red, cross: entered without one`],
  ['possible', t`amber, question mark: the count is not certain`],
  ['unlocked', t`blue, open lock: the door was unlocked`],
  ['not_observable', t`grey, slash: no camera saw the door`],
];

export function Help({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <ModalOverlay className="veil" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog help">
          <Heading slot="title">{t`Keys and colours`}</Heading>
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
              {t`Close`}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
