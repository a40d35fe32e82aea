/** One camera and the doors it sees. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { memo } from 'react';
import type { MappableCamera, MappableDoor } from '../../api/integrations';
import type { LastEvents } from '../../api/queries';
import { Ago, Button } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { Picker } from '../../parts/Picker';
import { linkTo } from '../../shell/router';
import { plain } from '../../words';
import { doorChoices } from './draft';

export interface Props {
  camera: MappableCamera;
  mapped: readonly MappableDoor[];
  doors: readonly MappableDoor[];
  changed: boolean;
  /** The listed door of the same name, for a stale one. */
  renamed: ReadonlyMap<string, MappableDoor>;
  /** When doors were last heard of; undefined until that is known. */
  heard: LastEvents | undefined;
  canChange: boolean;
  onToggle: (camera: string, door: string) => void;
  onFollow: (stale: MappableDoor, door: MappableDoor) => void;
}

export const CameraRow = memo(function CameraRow(props: Props) {
  const { camera, mapped, doors, changed, renamed, heard, canChange, onToggle, onFollow } = props;
  const toggle = (door: string) => onToggle(camera.camera_id, door);
  return (
    <li className={changed ? 'mapping-row changed' : 'mapping-row'}>
      <div>
        <strong>{camera.name}</strong>
        {camera.enabled ? null : <span className="badge quiet">{t`off`}</span>}
        {camera.groups.length ? <span className="soft small"> {camera.groups.join(' · ')}</span> : null}
        <Counting camera={camera} mapped={mapped} />
        <CameraLastEvent mapped={mapped} heard={heard} />
      </div>
      <div className="mapping-doors">
        {mapped.length ? (
          <ul className="chips" aria-label={t`Doors that ${camera.name} sees`}>
            {mapped.map((door) => (
              <li key={door.door_id} className={door.stale ? 'chip stale-door' : 'chip'}>
                {door.name}
                {door.stale ? (
                  <span className="badge tone-possible" title={t`The access control system no longer lists this door.`}>
                    <Shape name="question" /> {t`Stale`}
                  </span>
                ) : (
                  <LastEvent door={door} heard={heard} />
                )}
                {canChange ? (
                  // A plain button: there are a hundred of them, and the library's takes ten times as long to draw.
                  <button
                    type="button"
                    className="chip-close"
                    aria-label={t`Remove ${door.name} from ${camera.name}`}
                    onClick={() => toggle(door.door_id)}
                  >
                    <Shape name="close" />
                  </button>
                ) : null}
              </li>
            ))}
          </ul>
        ) : null}
        {mapped.map((door) => {
          const followed = door.stale ? renamed.get(door.door_id) : undefined;
          if (!followed || !canChange) return null;
          return (
            <p key={door.door_id} className="stale-offer small">
              {t`A door of this name is listed anew.`}{' '}
              <Button onPress={() => onFollow(door, followed)}>
                <Trans>Move everything to the new {followed.name}</Trans>
              </Button>
            </p>
          );
        })}
        {canChange ? (
          <Picker
            label={t`Doors that ${camera.name} sees`}
            prompt={mapped.length ? t`Choose another door…` : t`Choose a door…`}
            placeholder={t`Name of a door`}
            noMatch={t`No door has this name`}
            nothing={t`No door is known yet`}
            choices={() => doorChoices(doors, mapped)}
            onPick={toggle}
          />
        ) : null}
      </div>
    </li>
  );
});

/** When a door was last heard of: one that never was is most likely not the door that somebody thinks it is. */
function LastEvent({ door, heard }: { door: MappableDoor; heard: LastEvents | undefined }) {
  const last = heard?.get(door.door_id);
  if (!heard) return null;
  return (
    <>
      {' '}
      <span className="chip-last" title={last ? plain(last.event_type) : undefined}>
        {last ? <Ago at={last.at} /> : t`no event yet`}
      </span>
    </>
  );
}

/** The newest event of the doors that a camera sees. */
function CameraLastEvent({ mapped, heard }: { mapped: readonly MappableDoor[]; heard: LastEvents | undefined }) {
  if (!heard || mapped.every((door) => door.stale)) return null;
  const [newest] = mapped
    .flatMap((door) => heard.get(door.door_id) ?? [])
    .sort((one, other) => (one.at < other.at ? 1 : -1));
  return (
    <p className="soft small">
      {newest ? (
        <Trans>
          Last event: {plain(newest.event_type)}, <Ago at={newest.at} />
        </Trans>
      ) : (
        t`No event seen yet`
      )}
    </p>
  );
}

/** What counting still needs; moments with pictures need nothing but the mapping. */
function Counting({ camera, mapped }: { camera: MappableCamera; mapped: readonly MappableDoor[] }) {
  const undrawn = mapped.filter((door) => !door.stale && !camera.counting.includes(door.door_id));
  const [first] = undrawn;
  if (!mapped.length) return <p className="soft small">{t`Not mapped: events of doors do not mark its video`}</p>;
  if (mapped.every((door) => door.stale)) return <p className="soft small">{t`No event comes from a stale door`}</p>;
  if (!first) return <p className="soft small">{t`Counts people`}</p>;
  return (
    <p className="soft small">
      <Trans>
        Access events get its pictures; to count people,{' '}
        <a
          {...linkTo(
            `/doors/cameras/${encodeURIComponent(camera.camera_id)}/scene/${encodeURIComponent(first.door_id)}`,
          )}
        >
          draw {first.name}
        </a>
      </Trans>
    </p>
  );
}
