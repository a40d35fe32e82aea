/** All cameras with their health; add, change, switch off, remove. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { memo, useState } from 'react';
import { Switch } from 'react-aria-components';
import { type LastEvents, useCameras, useEditCamera, useLastEvents, useRemoveCamera } from '../../api/queries';
import type { Camera } from '../../api/types';
import { Ago, Button, Empty, Failure, Loading } from '../../parts/basics';
import { Filter } from '../../parts/Filter';
import { Shape } from '../../parts/icons';
import { Portion } from '../../parts/Portion';
import { ask, sayWhy } from '../../shell/ask';
import { searchPath } from '../../shell/query';
import { linkTo } from '../../shell/router';
import { plain } from '../../words';
import { CameraDialog } from './CameraDialog';
import { CameraList } from './CameraList';
import { FindCameras } from './FindCameras';
import { cameraHealth, cameraTrouble, clockOff } from './health';
import { SceneLink } from './SceneLink';

/** Drawn anew for what is its own alone, not with every key in the field for doors above it. */
export const CameraTable = memo(function CameraTable() {
  const cameras = useCameras();
  const [editing, setEditing] = useState<Camera | 'new' | null>(null);
  const [finding, setFinding] = useState(false);
  const [listing, setListing] = useState(false);
  const [text, setText] = useState('');
  const wanted = text.trim().toLowerCase();
  const shown = (cameras.data ?? []).filter((camera) => camera.name.toLowerCase().includes(wanted));
  return (
    <section className="cameras">
      <header className="page-title">
        <h2>{t`Cameras`}</h2>
        <span className="actions">
          <Filter of={cameras.data?.length} what={t`Filter cameras`} text={text} onChange={setText} />
          <Button onPress={() => setFinding(true)}>{t`Find cameras`}</Button>
          <Button onPress={() => setEditing('new')}>{t`Add camera`}</Button>
          <Button onPress={() => setListing(true)}>{t`List as a file`}</Button>
        </span>
      </header>
      {cameras.isPending ? <Loading what={t`cameras`} /> : null}
      {cameras.isError ? <Failure error={cameras.error} retry={() => void cameras.refetch()} /> : null}
      {cameras.data && !cameras.data.length ? (
        <Empty title={t`No camera yet`}>
          <Trans>
            Find cameras asks the network for those that speak ONVIF. Any other is added with its RTSP address, such as
            rtsp://user:password@10.0.0.8/stream2; the low-resolution stream is enough.
          </Trans>
        </Empty>
      ) : null}
      <Portion items={shown} what={t`cameras`}>
        {(cameras) => <Lines cameras={cameras} onEdit={setEditing} />}
      </Portion>
      {editing ? <CameraDialog camera={editing === 'new' ? null : editing} onClose={() => setEditing(null)} /> : null}
      {finding ? <FindCameras onClose={() => setFinding(false)} /> : null}
      {listing ? <CameraList onClose={() => setListing(false)} /> : null}
    </section>
  );
});

function Lines({ cameras, onEdit }: { cameras: readonly Camera[]; onEdit: (camera: Camera) => void }) {
  const heard = useLastEvents([...new Set(cameras.flatMap((camera) => camera.doors.map((door) => door.door_id)))]);
  return (
    <ul className="camera-list">
      {cameras.map((camera) => (
        <CameraLine key={camera.camera_id} camera={camera} heard={heard} onEdit={() => onEdit(camera)} />
      ))}
    </ul>
  );
}

/** The newest event of the doors that a camera sees. */
function LastEvent({ doors, heard }: { doors: Camera['doors']; heard: LastEvents | undefined }) {
  if (!heard) return null;
  const [newest] = doors
    .flatMap((door) => {
      const last = heard.get(door.door_id);
      return last ? [{ ...last, name: door.name }] : [];
    })
    .sort((one, other) => (one.at < other.at ? 1 : -1));
  return (
    <span className="soft camera-last">
      {newest ? (
        <Trans>
          Last event: {plain(newest.event_type)}
          {doors.length > 1 ? t` at ${newest.name}` : ''}, <Ago at={newest.at} />
        </Trans>
      ) : (
        t`No event seen yet`
      )}
    </span>
  );
}

interface LineProps {
  camera: Camera;
  heard: LastEvents | undefined;
  onEdit: () => void;
}

function CameraLine({ camera, heard, onEdit }: LineProps) {
  const edit = useEditCamera();
  const remove = useRemoveCamera();
  const health = cameraHealth(camera);
  const trouble = cameraTrouble(camera);
  const numbers = [
    camera.width && camera.height ? `${camera.width}×${camera.height}` : '',
    camera.fps ? t`${Math.round(camera.fps * 10) / 10} fps` : '',
    camera.latency_ms === null ? '' : t`${Math.round(camera.latency_ms)} ms`,
    clockOff(camera.skew_ms),
    camera.detector ?? '',
    camera.blur_people ? t`people blurred` : '',
  ].filter(Boolean);
  const askAndRemove = async () => {
    const sure = await ask(
      t`Remove ${camera.name}?`,
      t`Its mapping and scenes go too; recorded evidence stays.`,
      t`Remove`,
    );
    if (sure) remove.mutateAsync(camera.camera_id).catch(sayWhy);
  };
  return (
    <li className="camera-line">
      <div>
        <strong>{camera.name}</strong>{' '}
        <span className={`health ${health.tone}`}>
          <Shape name={health.shape} />
          {health.word}
        </span>
        <p className="soft small">
          {camera.status.code >= 400 ? trouble : numbers.join(' · ')}
          {camera.status.at && camera.status.code >= 400 ? (
            <>
              {' '}
              (<Ago at={camera.status.at} />)
            </>
          ) : null}
        </p>
        {trouble && camera.status.code < 400 ? (
          <p className="small tone-possible">
            <Shape name="question" /> {trouble}
          </p>
        ) : null}
        <p className="soft small">
          <code>{camera.url}</code>
        </p>
        {camera.main_url ? (
          <p className="soft small">
            <Trans>
              recorded: <code>{camera.main_url}</code>
            </Trans>
          </p>
        ) : null}
        {camera.groups.length || camera.labels.length ? (
          <ul className="camera-words small" aria-label={t`Groups and labels of ${camera.name}`}>
            {[...camera.groups, ...camera.labels].map((word) => (
              <li key={word}>
                <a {...linkTo(searchPath(`camera:"${word}"`))}>{word}</a>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <span className="small">
        {camera.doors.length ? (
          <ul className="camera-scenes">
            {camera.doors.map((door) => (
              <li key={door.door_id}>
                {door.name} · <SceneLink camera={camera} door={door} />
              </li>
            ))}
          </ul>
        ) : (
          <span className="soft">{t`no door`}</span>
        )}
        {camera.doors.length ? <LastEvent doors={camera.doors} heard={heard} /> : null}
      </span>
      <div className="actions">
        <Switch
          className="switch"
          isSelected={camera.enabled}
          onChange={(enabled) => edit.mutateAsync({ id: camera.camera_id, enabled }).catch(sayWhy)}
        >
          <Trans>
            <span className="switch-track" aria-hidden="true" />
            On
          </Trans>
        </Switch>
        <Button onPress={onEdit} aria-label={t`Change ${camera.name}`}>
          {t`Change`}
        </Button>
        <Button onPress={() => void askAndRemove()} aria-label={t`Remove ${camera.name}`}>
          {t`Remove`}
        </Button>
      </div>
    </li>
  );
}
