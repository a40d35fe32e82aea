/** One camera: its name and address, looked at before it is saved; groups and labels by which it is found. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, Text, TextField } from 'react-aria-components';
import { useAddCamera, useEditCamera } from '../../api/queries';
import type { Camera } from '../../api/types';
import { Button } from '../../parts/basics';
import { DialogButtons } from '../../parts/DialogButtons';
import { Shape } from '../../parts/icons';
import { useProbe } from './onvif';
import { changesOf, draftOf, RecordingPart } from './RecordingPart';

export const wordsOf = (text: string) => [
  ...new Set(
    text
      .split(/[;,]/)
      .map((word) => word.trim())
      .filter(Boolean),
  ),
];
const same = (one: readonly string[], other: readonly string[]) => one.join(';') === other.join(';');

export function CameraDialog({ camera, onClose }: { camera: Camera | null; onClose: () => void }) {
  const add = useAddCamera();
  const edit = useEditCamera();
  const [name, setName] = useState(camera?.name ?? '');
  const [url, setUrl] = useState(camera?.url ?? '');
  const [main, setMain] = useState(camera?.main_url ?? '');
  const [groups, setGroups] = useState(camera?.groups.join('; ') ?? '');
  const [labels, setLabels] = useState(camera?.labels.join('; ') ?? '');
  const [recording, setRecording] = useState(() => draftOf(camera?.recording));
  const [blur, setBlur] = useState(camera?.blur_people ?? false);
  const error = add.error ?? edit.error;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const done = { onSuccess: onClose };
    const said = { groups: wordsOf(groups), labels: wordsOf(labels) };
    if (!camera) {
      const settings = blur ? { blur_people: true } : {};
      const recorded = changesOf(recording, undefined);
      add.mutate({ name: name.trim(), url: url.trim(), main_url: main.trim(), ...said, ...recorded, settings }, done);
      return;
    }
    edit.mutate(
      {
        id: camera.camera_id,
        name: name.trim(),
        // The address comes with its password masked: it is sent only when it was typed anew.
        ...(url === camera.url ? {} : { url: url.trim() }),
        ...(main.trim() === (camera.main_url ?? '') ? {} : { main_url: main.trim() }),
        ...(blur === camera.blur_people ? {} : { blur_people: blur }),
        ...changesOf(recording, camera.recording),
        ...(same(said.groups, camera.groups) ? {} : { groups: said.groups }),
        ...(same(said.labels, camera.labels) ? {} : { labels: said.labels }),
      },
      done,
    );
  };
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <form onSubmit={submit}>
            <Heading slot="title">{camera ? t`Change ${camera.name}` : t`Add a camera`}</Heading>
            <TextField value={name} onChange={setName} isRequired autoFocus>
              <Label>{t`Name`}</Label>
              <Input placeholder={t`Lobby east, inside`} />
            </TextField>
            <TextField value={url} onChange={setUrl} isRequired>
              <Label>
                <Trans>Address of the stream{camera ? t` (type it whole, with the password, to change it)` : ''}</Trans>
              </Label>
              <Input placeholder="rtsp://user:password@10.0.0.8/stream2" spellCheck="false" />
            </TextField>
            {camera && url === camera.url ? null : <Look url={url.trim()} />}
            <TextField value={main} onChange={setMain}>
              <Label>
                <Trans>Address of its main stream, to record as evidence (may be empty)</Trans>
              </Label>
              <Input placeholder="rtsp://user:password@10.0.0.8/stream1" spellCheck="false" />
              <Text slot="description" className="soft small">
                <Trans>
                  People are counted in the first stream, a small one; pictures and clips are made of the main stream.
                  Empty: the first one serves both.
                </Trans>
              </Text>
            </TextField>
            <div className="two-fields">
              <TextField value={groups} onChange={setGroups}>
                <Label>{t`Groups`}</Label>
                <Input placeholder={t`Building A; Entrances`} />
              </TextField>
              <TextField value={labels} onChange={setLabels}>
                <Label>{t`Labels`}</Label>
                <Input placeholder={t`turnstile; indoors`} />
              </TextField>
            </div>
            <p className="soft small">
              <Trans>Several are separated by semicolons. Both are words that search understands.</Trans>
            </p>
            <RecordingPart draft={recording} onChange={setRecording} hasMain={main.trim() !== ''} blurred={blur} />
            <label className="check">
              <input type="checkbox" checked={blur} onChange={(event) => setBlur(event.target.checked)} />
              <span>
                <Trans>
                  Keep only blurred people
                  <span className="soft small">
                    Pictures and clips are blurred, and nothing else is recorded; live view stays clear.
                  </span>
                </Trans>
              </span>
            </label>
            {error ? (
              <p className="failure-text" role="alert">
                {error.message}
              </p>
            ) : null}
            <DialogButtons
              onClose={onClose}
              word={camera ? t`Save` : t`Add camera`}
              isPending={add.isPending || edit.isPending}
            />
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** What the analyzer sees at an address before a camera has it. */
function Look({ url }: { url: string }) {
  const probe = useProbe();
  const seen = probe.data;
  const figures = seen
    ? [
        seen.codec ?? t`no video`,
        seen.width && seen.height ? `${seen.width}×${seen.height}` : '',
        seen.fps ? t`${Math.round(seen.fps)} fps` : '',
      ]
    : [];
  return (
    <div className="find-look">
      <Button onPress={() => probe.mutate(url)} isPending={probe.isPending} isDisabled={!url.includes('://')}>
        {probe.isPending ? t`Watching for some seconds…` : t`Look at it`}
      </Button>
      {seen?.picture ? <img src={`data:image/jpeg;base64,${seen.picture}`} alt={t`What it shows now`} /> : null}
      {seen ? (
        <div role="status">
          <p className="small">{figures.filter(Boolean).join(' · ')}</p>
          {seen.problems.map((problem) => (
            <p key={problem} className="small tone-possible">
              <Shape name="question" /> {problem}
            </p>
          ))}
          {seen.problems.length ? null : <p className="small">{t`Nothing is wrong with it.`}</p>}
        </div>
      ) : null}
      {probe.error ? (
        <p className="failure-text" role="alert">
          {probe.error.message}
        </p>
      ) : null}
    </div>
  );
}
