/** The settings page of the seed guide: next to each camera the doors it sees, and Save. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import {
  type MappableCamera,
  type MappableDoor,
  type Mapping,
  useFollowDoor,
  useMapping,
  useMappingSuggestions,
  useSaveMapping,
} from '../../api/integrations';
import { useLastEvents, useSession } from '../../api/queries';
import { Button, Empty, Failure, Loading } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { linkTo, useLeaveGuard } from '../../shell/router';
import { CameraRow, type Props as RowProps } from './CameraRow';
import { changesOf, type Draft, doorsByCamera, rebased, type Show, shownCameras, toggled } from './draft';
import { SaveDialog } from './SaveDialog';
import { Suggestions } from './Suggestions';

const SHOWS: [Show, string][] = [
  ['all', t`All cameras`],
  ['unmapped', t`Not mapped`],
  ['stale', t`Stale doors`],
];

export function MappingPart() {
  const mapping = useMapping();
  if (mapping.isPending) return <Loading what={t`the mapping`} />;
  if (mapping.isError) return <Failure error={mapping.error} retry={() => void mapping.refetch()} />;
  const reload = async () => (await mapping.refetch()).data;
  return <MappingEditor mapping={mapping.data} onReload={reload} />;
}

/** So many rows are drawn at first, and with every scroll: more than a screen holds. */
const ROWS = 12;

interface EditorProps {
  mapping: Mapping;
  /** What is stored now. */
  onReload: () => Promise<Mapping | undefined>;
}

function MappingEditor({ mapping, onReload }: EditorProps) {
  const canChange = useSession().data?.user.role !== 'view';
  const save = useSaveMapping();
  // Stays the same function, unlike what surrounds it: rows are drawn again only when something of theirs changed.
  const { mutateAsync: followDoor } = useFollowDoor();
  const told = useMappingSuggestions();
  const [draft, setDraft] = useState<Draft>(new Map());
  const [text, setText] = useState('');
  const [show, setShow] = useState<Show>('all');
  const [confirming, setConfirming] = useState(false);
  const wanted = useDeferredValue(text);

  const leave = useCallback(
    () => ask(t`Leave without saving?`, t`The cameras that you mapped to doors are not saved yet.`, t`Leave`),
    [],
  );
  useLeaveGuard(draft.size > 0, leave);

  const stored = useMemo(() => doorsByCamera(mapping, new Map()), [mapping]);
  const doors = useMemo(() => (draft.size ? doorsByCamera(mapping, draft) : stored), [mapping, draft, stored]);
  const shown = useMemo(() => shownCameras(mapping.cameras, doors, wanted, show), [mapping, doors, wanted, show]);
  const renamed = useMemo(() => {
    const known = new Map(mapping.doors.map((door) => [door.door_id, door]));
    const found = new Map<string, MappableDoor>();
    for (const one of told.data?.renamed ?? []) {
      const door = known.get(one.door_id);
      if (door) found.set(one.stale_id, door);
    }
    return found;
  }, [mapping, told.data]);

  const toggle = useCallback(
    (camera: string, door: string) => setDraft((now) => toggled(mapping, now, camera, door)),
    [mapping],
  );
  const onFollow = useCallback(
    async (stale: MappableDoor, door: MappableDoor) => {
      const text = t`Its cameras, what was drawn for it and its policy go to the door that is listed now.`;
      if (!(await ask(t`Move ${stale.name}?`, text, t`Move`))) return;
      try {
        await followDoor({ stale_id: stale.door_id, door_id: door.door_id });
        say(t`${door.name} took over from the stale door.`);
      } catch (error) {
        sayWhy(error);
      }
    },
    [followDoor],
  );
  const send = () =>
    save.mutateAsync(changesOf(draft)).then(
      () => {
        say(draft.size ? t`The mapping is saved.` : t`The settings are saved.`);
        setDraft(new Map());
        setConfirming(false);
      },
      async () => {
        setConfirming(false);
        const now = (await onReload())?.mapping;
        if (now) setDraft((draft) => rebased(draft, (door) => now[door] ?? []));
      },
    );

  const stale = mapping.doors.filter((door) => door.stale && mapping.mapping[door.door_id]?.length).length;
  return (
    <section className="mapping-part" aria-label={t`Cameras and doors`}>
      <p className="mail-link">
        <a {...linkTo('/settings/mail')}>{t`Tailgating mail`}</a>{' '}
        <span className="soft small">
          <Trans>what the people whose badges were used are sent, or the security desk</Trans>
        </span>
      </p>
      {mapping.saved_at === null ? (
        <div className="notice first-time" role="status">
          <p className="notice-title">{t`No integration settings found`}</p>
          <p>
            <Trans>
              Nothing was saved for this account yet. Choose the doors that each camera sees and press Save; this
              message is gone then.
            </Trans>
          </p>
        </div>
      ) : null}
      {save.isError ? <Failure error={save.error} /> : null}
      {canChange && told.data ? (
        <Suggestions
          mapping={mapping}
          suggestions={told.data.suggestions.filter(
            // The access control system may show one camera at several doors; guesses are for cameras that have none.
            (one) => (one.because === 'pacs' || !doors.has(one.camera_id)) && !draft.has(one.door_id),
          )}
          onAccept={(chosen) =>
            setDraft((now) => chosen.reduce((to, one) => toggled(mapping, to, one.camera_id, one.door_id), now))
          }
        />
      ) : null}
      <div className="mapping-tools">
        <input
          type="search"
          placeholder={t`Filter cameras and doors`}
          aria-label={t`Filter cameras and doors`}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <fieldset className="segments" aria-label={t`Which cameras`}>
          {SHOWS.map(([value, word]) => (
            <button key={value} type="button" aria-pressed={show === value} onClick={() => setShow(value)}>
              {word}
              {value === 'stale' && stale ? ` (${stale})` : ''}
            </button>
          ))}
        </fieldset>
        <span className="soft small" role="status">
          {shown.length === mapping.cameras.length
            ? `${camerasOf(mapping.cameras.length)}, ${doorsOf(mapping.doors.length)}`
            : t`${grouped(shown.length)} of ${camerasOf(mapping.cameras.length)}`}
        </span>
      </div>
      <NothingYet mapping={mapping} />
      {mapping.cameras.length && !shown.length ? (
        <Empty title={text ? t`Nothing matches “${text}”` : t`No such camera`}>
          <Button
            onPress={() => {
              setText('');
              setShow('all');
            }}
          >
            {t`Show all cameras`}
          </Button>
        </Empty>
      ) : null}
      <Growing items={shown} again={`${wanted}|${show}`}>
        {(cameras) => (
          <Rows
            cameras={cameras}
            mapped={doors}
            stored={stored}
            doors={mapping.doors}
            renamed={renamed}
            canChange={canChange}
            onToggle={toggle}
            onFollow={onFollow}
          />
        )}
      </Growing>
      {canChange && (draft.size || mapping.saved_at === null) ? (
        <div className="save-bar">
          <span role="status">{unsaved(draft.size)}</span>
          {draft.size ? <Button onPress={() => setDraft(new Map())}>{t`Discard`}</Button> : null}
          <Button
            tone="main"
            onPress={() => (draft.size ? setConfirming(true) : send())}
            isPending={save.isPending && !confirming}
          >
            {t`Save`}
          </Button>
        </div>
      ) : null}
      {confirming ? (
        <SaveDialog
          mapping={mapping}
          draft={draft}
          isPending={save.isPending}
          onSave={send}
          onClose={() => setConfirming(false)}
        />
      ) : null}
    </section>
  );
}

const grouped = (count: number) => count.toLocaleString('en-GB');
const camerasOf = (count: number) => plural(count, { one: '1 camera', other: `${grouped(count)} cameras` });
const doorsOf = (count: number) => plural(count, { one: '1 door', other: `${grouped(count)} doors` });
const NONE: readonly MappableDoor[] = [];
const ids = (doors: readonly MappableDoor[]) => doors.map((door) => door.door_id).join();

const unsaved = (count: number) =>
  count === 0
    ? t`Nothing was saved yet`
    : plural(count, { one: 'One door is not saved', other: `${count} doors are not saved` });

function NothingYet({ mapping }: { mapping: Mapping }) {
  if (!mapping.cameras.length) {
    return (
      <Empty title={t`No camera yet`}>
        <Trans>
          Add cameras on the <a {...linkTo('/doors')}>Doors</a> page: found in the network, or by their RTSP address.
        </Trans>
      </Empty>
    );
  }
  if (!mapping.doors.length) {
    return (
      <Empty title={t`No door is known yet`}>
        <Trans>
          Doors come from the access control system: create a gateway token under{' '}
          <a {...linkTo('/settings/tokens')}>Tokens</a>, put it into the gateway's values.yaml, and they appear here.
        </Trans>
      </Empty>
    );
  }
  return null;
}

interface RowsProps extends Omit<RowProps, 'camera' | 'mapped' | 'changed' | 'heard'> {
  cameras: readonly MappableCamera[];
  mapped: ReadonlyMap<string, readonly MappableDoor[]>;
  stored: ReadonlyMap<string, readonly MappableDoor[]>;
}

/** Cameras that are drawn, with what was last heard of their doors. */
function Rows({ cameras, mapped, stored, ...rest }: RowsProps) {
  const seen = new Set(cameras.flatMap((camera) => (mapped.get(camera.camera_id) ?? NONE).map((door) => door.door_id)));
  const heard = useLastEvents([...seen]);
  return (
    <ul className="mapping-rows">
      {cameras.map((camera) => {
        const now = mapped.get(camera.camera_id) ?? NONE;
        return (
          <CameraRow
            key={camera.camera_id}
            camera={camera}
            mapped={now}
            changed={ids(now) !== ids(stored.get(camera.camera_id) ?? NONE)}
            heard={heard}
            {...rest}
          />
        );
      })}
    </ul>
  );
}

interface GrowingProps<Item> {
  items: readonly Item[];
  again: string;
  children: (portion: readonly Item[]) => React.ReactNode;
}

/** A long list that grows while it is scrolled: what nobody looks at is not drawn. */
function Growing<Item>({ items, again, children }: GrowingProps<Item>) {
  const [shown, setShown] = useState({ again, rows: ROWS });
  const end = useRef<HTMLDivElement>(null);
  const rows = shown.again === again ? shown.rows : ROWS;
  useEffect(() => {
    const mark = end.current;
    if (!mark || rows >= items.length) return;
    const watcher = new IntersectionObserver(
      (seen) => seen.some((one) => one.isIntersecting) && setShown({ again, rows: rows + ROWS }),
      { rootMargin: '600px' },
    );
    watcher.observe(mark);
    return () => watcher.disconnect();
  }, [again, rows, items.length]);
  return (
    <>
      {children(items.slice(0, rows))}
      <div ref={end} />
    </>
  );
}
