/** One door: its health, its cameras, today's numbers and its policy. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useSession } from '../../api/queries';
import type { Camera, Door } from '../../api/types';
import { Ago, Button, Clock } from '../../parts/basics';
import type { Choice } from '../../parts/choices';
import { Shape } from '../../parts/icons';
import { Picker } from '../../parts/Picker';
import { linkTo } from '../../shell/router';
import { plain } from '../../words';
import { doorTimeline } from '../timeline/address';
import { CertificateLink } from './CertificateLink';
import { DoorHistory } from './DoorHistory';
import { PolicyDialog } from './PolicyDialog';
import { SceneLink } from './SceneLink';

interface Props {
  door: Door;
  cameras: readonly Camera[];
  mapped: readonly string[];
  changed: boolean;
  onMap: (cameraIds: string[]) => void;
  /** Whether the next badge at this door is waited for. */
  testing: boolean;
  onTest: () => void;
  /** What this card offers because somebody just badged at its door. */
  badged?: ReactNode;
}

export function DoorCard({ door, cameras, mapped, changed, onMap, testing, onTest, badged }: Props) {
  const [policy, setPolicy] = useState(false);
  const session = useSession().data;
  const canManage = session?.user.role !== 'view';
  const name = (id: string) =>
    cameras.find((camera) => camera.camera_id === id)?.name ??
    door.cameras.find((camera) => camera.camera_id === id)?.name ??
    id;
  return (
    <li className={`door-card ${changed ? 'changed' : ''} ${door.stale ? 'stale' : ''} ${badged ? 'badged' : ''}`}>
      <div className="door-name">
        <h2>{door.name}</h2>
        {door.stale ? (
          <span className="badge tone-possible" title={t`The access control system no longer lists this door.`}>
            <Shape name="question" /> {t`Stale`}
          </span>
        ) : null}
        <PacsHealth door={door} />
        <p className="soft small">
          {door.pacs.name} · <code>{door.device_id}</code>
        </p>
        <a className="small" {...linkTo(doorTimeline(door.door_id))}>
          <Trans>
            Look back<span className="hidden"> at {door.name}</span>
          </Trans>
        </a>
        {session?.permissions.includes('view') ? <CertificateLink door={door} /> : null}
      </div>
      <div className="door-mapping">
        <h3>{t`Cameras`}</h3>
        <ul className="chips" hidden={!mapped.length}>
          {mapped.map((id, index) => (
            <li key={id} className="chip">
              {name(id)}
              <SceneLink camera={cameras.find((camera) => camera.camera_id === id)} door={door} />
              {index === 0 && mapped.length > 1 ? <span className="soft">{t`primary`}</span> : null}
              <AriaButton
                className="chip-close"
                aria-label={t`Remove ${name(id)} from ${door.name}`}
                onPress={() => onMap(mapped.filter((other) => other !== id))}
              >
                <Shape name="close" />
              </AriaButton>
            </li>
          ))}
        </ul>
        {!mapped.length && door.pacs_cameras.length ? (
          <p className="soft small">
            <Trans>
              {door.pacs.name} shows here: {door.pacs_cameras.join(', ')}
            </Trans>
          </p>
        ) : null}
        <Picker
          label={t`Map a camera to ${door.name}`}
          prompt={t`Map a camera…`}
          placeholder={t`Name of a camera`}
          noMatch={t`No other camera has this name`}
          nothing={t`No other camera`}
          choices={() => cameraChoices(cameras, mapped)}
          onPick={(id) => onMap([...mapped, id])}
        />
        {door.stale && mapped.length ? (
          <Button onPress={() => onMap([])}>{t`Clear the mapping of this door`}</Button>
        ) : null}
      </div>
      <dl className="counts">
        <div>
          <dt>{t`Grants today`}</dt>
          <dd>{door.counts_today.grants}</dd>
        </div>
        <div>
          <dt>{t`In`}</dt>
          <dd>{door.counts_today.in}</dd>
        </div>
        <div>
          <dt>{t`Out`}</dt>
          <dd>{door.counts_today.out}</dd>
        </div>
        <div className={door.counts_today.incidents ? 'tone-excess' : ''}>
          <dt>{t`Incidents`}</dt>
          <dd>
            {door.counts_today.incidents ? (
              <a {...linkTo(`/incidents?review=all&door=${encodeURIComponent(door.door_id)}`)}>
                {door.counts_today.incidents}
              </a>
            ) : (
              0
            )}
          </dd>
        </div>
        <div className="wide">
          <dt>{t`Last event`}</dt>
          <dd className="small">
            {door.last_event_at ? (
              <>
                {plain(door.last_event_type ?? t`event`)}, <Ago at={door.last_event_at} />
              </>
            ) : (
              t`none seen`
            )}
          </dd>
        </div>
      </dl>
      <div className="door-policy">
        <Button onPress={() => setPolicy(true)} aria-label={t`Policy of ${door.name}`}>
          {t`Policy`}
        </Button>
        {mapped.length && !door.stale ? (
          <Button onPress={onTest} aria-label={`${testing ? t`Stop testing` : t`Test badge at`} ${door.name}`}>
            {testing ? t`Stop` : t`Test badge`}
          </Button>
        ) : null}
      </div>
      {testing ? (
        <p className="waiting-badge door-testing" role="status">
          <Shape name="card" /> <Trans>Badge at {door.name}: what its camera sees at that moment is shown here.</Trans>
        </p>
      ) : null}
      {canManage ? <DoorHistory door={door} /> : null}
      {badged}
      {policy ? <PolicyDialog door={door} onClose={() => setPolicy(false)} /> : null}
    </li>
  );
}

function PacsHealth({ door }: { door: Door }) {
  const { connected, covered_until: until } = door.pacs;
  return (
    <p className={`health ${connected ? 'good' : 'bad'}`}>
      <Shape name={connected ? 'pulse' : 'slash'} />
      {connected ? t`Access events arrive` : t`No access events`}
      {!connected && until ? (
        <span>
          {' '}
          <Trans>
            since <Clock at={until} />
          </Trans>
        </span>
      ) : null}
    </p>
  );
}

/** What a door's drop-down of cameras offers: those that it does not have, and what they see already. */
function cameraChoices(cameras: readonly Camera[], mapped: readonly string[]): Choice[] {
  return cameras
    .filter((camera) => !mapped.includes(camera.camera_id))
    .map((camera) => ({
      id: camera.camera_id,
      name: camera.name,
      note: camera.doors.length ? t`sees ${camera.doors.map((door) => door.name).join(', ')}` : t`not mapped`,
    }));
}
