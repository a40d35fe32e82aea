/** Which cameras somebody sees: all of them, or some. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Button as AriaButton, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useShareCameras } from '../../api/people';
import { useCameras } from '../../api/queries';
import type { Camera, User } from '../../api/types';
import { Refusal } from '../../parts/basics';
import { DialogButtons } from '../../parts/DialogButtons';
import { Shape } from '../../parts/icons';
import { Picker } from '../../parts/Picker';

/** The ids of the cameras to see; null for all of them. */
export type Shared = string[] | null;

interface Props {
  /** Whose cameras these are, for those who don't see what stands around it. */
  whose: string;
  value: Shared;
  onChange: (value: Shared) => void;
}

const nameOf = (cameras: readonly Camera[] | undefined, id: string) =>
  cameras?.find((camera) => camera.camera_id === id)?.name ?? t`a camera that was taken away`;

/** How many cameras somebody sees, in words. */
export const sharedWord = (shared: readonly string[] | null | undefined) =>
  !shared
    ? t`sees all cameras`
    : plural(shared.length, { one: 'sees 1 camera', other: `sees ${shared.length} cameras` });

export function CameraChoice({ whose, value, onChange }: Props) {
  const cameras = useCameras().data;
  const chosen = value ?? [];
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id]);
  return (
    <div className="camera-choice">
      <label className="field">
        <span>{t`Sees`}</span>
        <select
          value={value ? 'some' : 'all'}
          onChange={(event) => onChange(event.target.value === 'all' ? null : [])}
          aria-label={t`What ${whose} sees`}
        >
          <option value="all">{t`All cameras`}</option>
          <option value="some">{t`Some cameras`}</option>
        </select>
      </label>
      {/* A drop-down shows what there was when it opened: not before the cameras are known. */}
      {value && cameras ? (
        <div className="mapping-doors">
          {chosen.length ? (
            <ul className="chips" aria-label={t`Shared with ${whose}`}>
              {chosen.map((id) => (
                <li key={id} className="chip">
                  {nameOf(cameras, id)}
                  <AriaButton
                    className="chip-close"
                    aria-label={t`Share ${nameOf(cameras, id)} no more`}
                    onPress={() => toggle(id)}
                  >
                    <Shape name="close" />
                  </AriaButton>
                </li>
              ))}
            </ul>
          ) : null}
          <Picker
            label={t`Cameras to share with ${whose}`}
            prompt={chosen.length ? t`Another camera…` : t`Choose a camera…`}
            placeholder={t`Name of a camera`}
            noMatch={t`No camera has this name`}
            nothing={t`There is no camera yet`}
            taken="shared"
            choices={() =>
              cameras.map((camera) => ({
                id: camera.camera_id,
                name: camera.name,
                note: camera.doors.map((door) => door.name).join(', '),
                chosen: chosen.includes(camera.camera_id),
              }))
            }
            onPick={toggle}
          />
        </div>
      ) : null}
    </div>
  );
}

/** Shares other cameras with a person. */
export function CameraDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const share = useShareCameras();
  const [value, setValue] = useState<Shared>(user.cameras);
  const save = () => share.mutate({ id: user.id, cameras: value }, { onSuccess: onClose });
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <Heading slot="title">
            <Trans>What {user.name || user.email} sees</Trans>
          </Heading>
          <p className="soft">
            <Trans>With some cameras, only these, the doors that they see, and what happened there; no settings.</Trans>
          </p>
          <CameraChoice whose={user.email} value={value} onChange={setValue} />
          <Refusal of={share} />
          <DialogButtons
            onClose={onClose}
            word={t`Save`}
            onPress={save}
            isDisabled={value?.length === 0}
            isPending={share.isPending}
          />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
