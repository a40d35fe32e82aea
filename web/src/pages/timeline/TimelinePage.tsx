/** Looking back at a door or a camera: its cameras side by side, the strip of time, and why the rule said what it said. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { createRef, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { ApiError } from '../../api/client';
import { type TimelineData, type TimelinePlace, useTimeline } from '../../api/timeline';
import { Empty, Failure, Loading, PageTitle } from '../../parts/basics';
import type { ReplayPlayer } from '../../replay/player';
import { Playhead } from '../../replay/playhead';
import { RecordedVideo } from '../../replay/RecordedVideo';
import { navigate } from '../../shell/router';
import { useShortcuts } from '../../shell/shortcuts';
import { fromIso, type Micros, SECOND } from '../../time';
import { Beside } from './Beside';
import { Controls } from './Controls';
import { beside, placed } from './lanes';
import { Strip } from './Strip';
import { around, asked, following, type View, zoomed } from './scale';

const FIRST_LENGTH = 10 * 60 * SECOND;
const BACK_FROM_NOW = 30 * SECOND;
const ADDRESS_EVERY_MS = 700;

interface Props {
  place: TimelinePlace;
  /** ISO time of the address; null for now. */
  at: string | null;
}

export function TimelinePage({ place, at }: Props) {
  const name = 'door' in place ? place.door : place.camera;
  return <Timeline key={name} place={place} at={at} />;
}

function Timeline({ place, at }: Props) {
  const [playhead] = useState(() => new Playhead(startOf(at)));
  useEffect(() => () => playhead.pause(), [playhead]);
  const [view, setView] = useState<View>(() => around(playhead.at, FIRST_LENGTH));
  const wanted = asked(view);
  const timeline = useTimeline(place, wanted.from, wanted.until);
  useAddress(playhead, at);
  useFollowing(playhead, setView);
  if (timeline.isPending) return <Loading what={t`the timeline`} />;
  if (timeline.isError && !timeline.data) return <Gone error={timeline.error} retry={() => void timeline.refetch()} />;
  return <Shown data={timeline.data as TimelineData} playhead={playhead} view={view} onView={setView} />;
}

function Shown({
  data,
  playhead,
  view,
  onView,
}: {
  data: TimelineData;
  playhead: Playhead;
  view: View;
  onView: (view: View) => void;
}) {
  const all = useMemo(() => placed(data), [data]);
  const [painted, setPainted] = useState(true);
  const page = useRef<HTMLDivElement>(null);
  const players = usePlayers(data.cameras.map((camera) => camera.camera_id));
  const step = (by: -1 | 1) => {
    playhead.pause();
    for (const { current } of players.values()) {
      const to = current?.neighbour(current.pictureAt(playhead.at) ?? playhead.at, by);
      if (to != null) return playhead.go(to);
    }
    return playhead.go(playhead.at + by * 0.1 * SECOND);
  };
  const next = (by: -1 | 1) => {
    const found = beside(all, playhead.at, by);
    if (found) playhead.go(found.at);
  };
  const fullScreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void page.current?.requestFullscreen?.().catch(() => undefined);
  };
  const acts = {
    step,
    next,
    jump: (seconds: number) => playhead.go(playhead.at + seconds * SECOND),
    zoom: (factor: number) => onView(zoomed(view, factor, inside(view, playhead.at))),
    toNow: () => playhead.go(Date.now() * 1000 - BACK_FROM_NOW),
    paint: () => setPainted((on) => !on),
    fullScreen,
  };
  useShortcuts({
    ' ': () => playhead.toggle(),
    Enter: () => playhead.toggle(),
    ',': () => step(-1),
    '.': () => step(1),
    '<': () => playhead.change(-1),
    '>': () => playhead.change(1),
    ArrowLeft: () => acts.jump(-5),
    ArrowRight: () => acts.jump(5),
    j: () => next(1),
    k: () => next(-1),
    '+': () => acts.zoom(0.5),
    '-': () => acts.zoom(2),
    n: acts.toNow,
    o: acts.paint,
    f: fullScreen,
  });
  const title = data.doors.length === 1 || !data.cameras[0] ? (data.doors[0]?.name ?? '') : data.cameras[0].name;
  return (
    <div className="timeline-page" ref={page}>
      <PageTitle>{t`${title}: looking back`}</PageTitle>
      <div className="timeline-main">
        <Cameras data={data} playhead={playhead} painted={painted} players={players} />
        <Controls playhead={playhead} view={view} painted={painted} acts={acts} />
        <Strip data={data} all={all} playhead={playhead} view={view} onView={onView} />
        <Legend pacs={data.pacs_covered !== null} />
      </div>
      <Beside all={all} more={data.more} playhead={playhead} />
    </div>
  );
}

function Cameras({
  data,
  playhead,
  painted,
  players,
}: {
  data: TimelineData;
  playhead: Playhead;
  painted: boolean;
  players: ReadonlyMap<string, RefObject<ReplayPlayer | null>>;
}) {
  if (!data.cameras.length) {
    return (
      <Empty title={t`No camera saw this door then`}>
        <Trans>What the access control system said of it is on the strip below.</Trans>
      </Empty>
    );
  }
  return (
    <div className={`recordings recordings-${Math.min(4, data.cameras.length)}`}>
      {data.cameras.map((camera) => (
        <RecordedVideo
          key={camera.camera_id}
          camera={camera}
          playhead={playhead}
          painted={painted}
          player={players.get(camera.camera_id) as RefObject<ReplayPlayer | null>}
        />
      ))}
    </div>
  );
}

function Legend({ pacs }: { pacs: boolean }) {
  return (
    <ul className="strip-legend">
      <li>
        <i className="recorded-bar" /> {t`recorded`}
      </li>
      <li>
        <i className="presence-bar" /> {t`somebody in the picture`}
      </li>
      <li>
        <i className="unseen-bar" /> {t`the camera did not see`}
      </li>
      {pacs ? (
        <li>
          <i className="unheard-bar" /> {t`the access control system was not heard`}
        </li>
      ) : null}
    </ul>
  );
}

function Gone({ error, retry }: { error: Error; retry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Empty title={t`There is no such door or camera`}>
        <Trans>It may have been removed; choose one on the Doors page.</Trans>
      </Empty>
    );
  }
  return <Failure error={error} retry={retry} />;
}

function startOf(at: string | null): Micros {
  const wanted = at === null ? Number.NaN : fromIso(at);
  return Number.isFinite(wanted) ? Math.min(wanted, Date.now() * 1000) : Date.now() * 1000 - BACK_FROM_NOW;
}

const inside = (view: View, at: Micros) =>
  at >= view.from && at <= view.until ? at : Math.round((view.from + view.until) / 2);

/** One place for each camera's player, kept while the camera is there. */
function usePlayers(cameras: readonly string[]): ReadonlyMap<string, RefObject<ReplayPlayer | null>> {
  const kept = useRef(new Map<string, RefObject<ReplayPlayer | null>>());
  for (const camera of cameras) if (!kept.current.has(camera)) kept.current.set(camera, createRef());
  return kept.current;
}

/** Keeps the address at the time that is shown, so that it can be passed on; an address that changes moves the playhead. */
function useAddress(playhead: Playhead, at: string | null): void {
  const written = useRef(at);
  useEffect(() => {
    if (at === written.current) return;
    written.current = at;
    playhead.go(startOf(at));
  }, [playhead, at]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = playhead.subscribe(() => {
      if (timer) return;
      timer = setTimeout(() => {
        timer = undefined;
        written.current = new Date(playhead.at / 1000).toISOString();
        void navigate(`${location.pathname}?at=${encodeURIComponent(written.current)}`, { replace: true });
      }, ADDRESS_EVERY_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [playhead]);
}

/** The strip goes on when the playhead leaves it. */
function useFollowing(playhead: Playhead, onView: (change: (view: View) => View) => void): void {
  useEffect(() => playhead.subscribe(() => onView((view) => following(view, playhead.at))), [playhead, onView]);
}
