/** Doors and cameras: which camera sees which door, how each door is judged, and how everything is. */

import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { useSaveMapping } from '../api/integrations';
import { useCameras, useDoor, useDoorOutlines, useDoorPortion } from '../api/queries';
import type { Door } from '../api/types';
import { Button, Empty, Failure, Loading, PageTitle } from '../parts/basics';
import { Filter } from '../parts/Filter';
import { Shape } from '../parts/icons';
import { ask, say } from '../shell/ask';
import { useLeaveGuard } from '../shell/router';
import { useChosenSite } from '../shell/site';
import { BadgeOffer } from './doors/BadgeOffer';
import { useNextBadge } from './doors/badge';
import { CameraTable } from './doors/CameraTable';
import { DoorCard } from './doors/DoorCard';
import { mappingOf, withMapping } from './doors/mapping';
import { PORTION } from './doors/portion';
import { changesOf, type Draft, rebased } from './integrations/draft';

export function DoorsPage() {
  const [text, setText] = useState('');
  const [most, setMost] = useState(PORTION);
  const site = useChosenSite()?.site_id;
  const wanted = useDeferredValue(text.trim());
  const outlines = useDoorOutlines();
  const doors = useDoorPortion(wanted, site, most);
  const next = useNextBadge();
  const { start, stop, badge, crossed, waitingAt } = next;
  // Who walked is told some seconds after they left the picture.
  const cameras = useCameras(next.badge ? 1000 : false);
  const map = useSaveMapping();
  const [draft, setDraft] = useState<Draft>(new Map());
  const leave = useCallback(
    () => ask(t`Leave without saving?`, t`The cameras that you mapped to doors are not saved yet.`, t`Leave`),
    [],
  );
  useLeaveGuard(draft.size > 0, leave);
  const badgedAt = next.badge?.doorId;
  const badged = useDoor(badgedAt ?? '', badgedAt !== undefined).data;
  // Where somebody badged stands on top, where it is looked for.
  const shown: readonly Door[] = useMemo(() => {
    const others = (doors.data ?? []).filter((door) => door.door_id !== badgedAt);
    return badged && badged.door_id === badgedAt ? [badged, ...others] : others;
  }, [doors.data, badged, badgedAt]);
  // How many there are is known of all of them alone, not of those that match.
  const all = wanted || site ? undefined : outlines.data?.length;
  const save = async () => {
    try {
      await map.mutateAsync(changesOf(draft));
      say(
        plural(draft.size, {
          one: 'The mapping of one door is saved.',
          other: `The mapping of ${draft.size} doors is saved.`,
        }),
      );
      setDraft(new Map());
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
      const now = new Map((await outlines.refetch()).data?.map((door) => [door.door_id, door.camera_ids]));
      setDraft((draft) => rebased(draft, (door) => now.get(door) ?? []));
    }
  };
  // The cards stay as they are while one types: only other doors are drawn anew.
  const list = useMemo(
    () => (
      <ul className="door-list">
        {shown.map((door) => (
          <DoorCard
            key={door.door_id}
            door={door}
            cameras={cameras.data ?? []}
            mapped={mappingOf(door, draft)}
            changed={draft.has(door.door_id)}
            onMap={(ids) => setDraft((now) => withMapping(now, door, ids))}
            testing={waitingAt === door.door_id}
            onTest={() => (waitingAt === door.door_id ? stop() : void start(door.door_id))}
            badged={
              badge?.doorId === door.door_id ? (
                <BadgeOffer
                  door={door.name}
                  badge={badge}
                  seenBy={cameras.data?.find((one) => one.camera_id === mappingOf(door, draft)[0])}
                  cameras={(cameras.data ?? []).filter((one) => !mappingOf(door, draft).includes(one.camera_id))}
                  crossed={crossed}
                  onPick={(camera) => {
                    setDraft((now) => withMapping(now, door, [...mappingOf(door, now), camera]));
                    stop();
                  }}
                  onClose={stop}
                />
              ) : undefined
            }
          />
        ))}
      </ul>
    ),
    [shown, cameras.data, draft, waitingAt, badge, crossed, start, stop],
  );
  return (
    <div className="doors-page">
      <PageTitle
        side={
          <div className="actions">
            <Filter of={outlines.data?.length} what={t`Filter doors`} text={text} onChange={setText} />
            {outlines.data?.length && cameras.data?.length ? (
              next.waiting && !next.waitingAt ? (
                <Button onPress={next.stop}>{t`Stop waiting`}</Button>
              ) : (
                <Button onPress={() => void next.start()}>{t`Wait for next badge`}</Button>
              )
            ) : null}
          </div>
        }
      >
        {t`Doors`}
      </PageTitle>
      {next.waiting && !next.waitingAt ? (
        <p className="waiting-badge" role="status">
          <Shape name="card" />{' '}
          <Trans>Badge at a door: it lights up here, with the cameras that saw somebody then.</Trans>
        </p>
      ) : null}
      {doors.isPending ? <Loading what={t`doors`} /> : null}
      {doors.isError ? <Failure error={doors.error} retry={() => void doors.refetch()} /> : null}
      {outlines.data && !outlines.data.length ? (
        <Empty title={t`No door is known yet`}>
          <Trans>
            Doors come from the access control system: create a gateway token in Settings, put it into the gateway's
            values.yaml, and its doors appear here after it has started.
          </Trans>
        </Empty>
      ) : null}
      {outlines.data?.length && doors.data && !shown.length ? (
        <Empty title={wanted ? t`No door matches “${wanted}”` : t`This site has no door`} />
      ) : null}
      {list}
      {(doors.data?.length ?? 0) >= most && !(all && shown.length >= all) ? (
        <p className="portion">
          {all ? <span className="soft small">{t`${shown.length} of ${all} doors are shown`}</span> : null}
          <Button onPress={() => setMost(most + PORTION)} isPending={doors.isPlaceholderData}>
            {t`Show more doors`}
          </Button>
        </p>
      ) : null}
      <CameraTable />
      {draft.size ? (
        <div className="save-bar" role="status">
          <span>
            {plural(draft.size, { one: 'One door is not saved', other: `${draft.size} doors are not saved` })}
          </span>
          <Button onPress={() => setDraft(new Map())}>{t`Discard`}</Button>
          <Button tone="main" onPress={() => void save()} isPending={map.isPending}>
            {t`Save`}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
