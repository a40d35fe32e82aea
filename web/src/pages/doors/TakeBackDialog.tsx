/** What taking a change of a door back would change, before it does. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { answer, api } from '../../api/client';
import type { components } from '../../api/schema';
import type { Door } from '../../api/types';
import { Button, Clock, Failure, Loading, Refusal } from '../../parts/basics';
import { useCloses } from '../../parts/closing';
import { DialogButtons } from '../../parts/DialogButtons';
import { say } from '../../shell/ask';

export type DoorChange = components['schemas']['DoorHistoryEntry'];
type Asked = components['schemas']['RestoreInput'];
/** What has versions, and so a way back. */
export type Restorable = Asked['what'];

interface Props {
  door: Door;
  change: DoorChange;
  what: Restorable;
  onClose: () => void;
}

export function TakeBackDialog({ door, change, what, onClose }: Props) {
  const { told, takeBack } = useTakeBack(door.door_id, {
    what,
    before: change.at,
    camera_id: change.camera_id,
    apply: false,
  });
  const close = useCloses(onClose);
  const apply = async (stands: string) => {
    await takeBack.mutateAsync(stands);
    say(t`The change of ${door.name} is taken back.`);
    close();
  };
  const changes = told.data?.changes;
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <Heading slot="title">{t`Take this change of ${door.name} back?`}</Heading>
          <p className="soft">
            <Trans>
              What stood before <Clock at={change.at} /> is put back from now on; what happened meanwhile stays judged
              as it was.
            </Trans>
          </p>
          {told.isPending ? <Loading what={t`what would change`} /> : null}
          {told.isError ? <Failure error={told.error} retry={() => void told.refetch()} /> : null}
          {changes?.length ? (
            <ul className="changes">
              {changes.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          ) : null}
          {changes && !changes.length ? <p>{t`Nothing would change: it stands as it stood then.`}</p> : null}
          <Refusal of={takeBack} />
          {told.data && changes?.length ? (
            <DialogButtons
              onClose={onClose}
              word={t`Take back`}
              onPress={() => void apply(told.data.stands).catch(() => told.refetch())}
              isPending={takeBack.isPending}
              autoFocus
            />
          ) : (
            <div className="dialog-buttons">
              <Button onPress={onClose}>{t`Close`}</Button>
            </div>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function useTakeBack(door_id: string, asked: Asked) {
  const cache = useQueryClient();
  const call = (body: Asked) =>
    answer(api.POST('/api/doors/{door_id}/history/restore', { params: { path: { door_id } }, body }));
  const told = useQuery({
    queryKey: ['doors', door_id, 'take back', asked],
    gcTime: 0,
    queryFn: () => call(asked),
  });
  const takeBack = useMutation({
    mutationFn: (stands: string) => call({ ...asked, apply: true, stands }),
    onSuccess: () =>
      Promise.all(
        [['doors', door_id, 'history'], ['doors', 'portion'], ['integrations'], ['outlines'], ['cameras']].map(
          (queryKey) => cache.invalidateQueries({ queryKey }),
        ),
      ),
  });
  return { told, takeBack };
}
