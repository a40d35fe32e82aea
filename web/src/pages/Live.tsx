/** The first page: the door cameras live, and beside them what the doors say, newest on top. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import { useNews } from '../api/events';
import { useCameras, useDoorPortion, useIncidents, useMoments } from '../api/queries';
import type { Camera, Door } from '../api/types';
import { LiveVideo } from '../live/LiveVideo';
import { soundFor } from '../live/sounds';
import { Button, Clock, Empty, Failure, KindBadge, Loading, PageTitle, useWide } from '../parts/basics';
import { useCalm } from '../parts/calm';
import { Shape } from '../parts/icons';
import { MomentRow } from '../parts/MomentRow';
import { linkTo } from '../shell/router';
import { useShortcuts } from '../shell/shortcuts';
import { useChosenSite } from '../shell/site';
import { AtSite, useHere, useSiteOf } from '../shell/where';
import { countWords, kindLook } from '../words';
import { cameraTrouble } from './doors/health';
import { WallBar } from './live/WallBar';
import { cameraTimeline } from './timeline/address';
import { columnsOf, keepLayout, keptLayout, pageOf, wallOf } from './wall';

export function LivePage() {
  return (
    <div className="live-page">
      <PageTitle>{t`Live`}</PageTitle>
      <div className="watch">
        <Wall />
        <ToReview />
      </div>
      <Ticker />
    </div>
  );
}

/** The doors beside the cameras of a wall: more than that nobody can look at. */
const MOST_DOORS = 1000;

function Wall() {
  const cameras = useCameras();
  const site = useChosenSite()?.site_id;
  const doors = useDoorPortion('', site, MOST_DOORS);
  const box = useRef<HTMLDivElement>(null);
  const [layout, setLayout] = useState(keptLayout);
  const [page, setPage] = useState(0);
  const fullScreen = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void box.current?.requestFullscreen?.().catch(() => undefined);
  };
  useShortcuts({ f: fullScreen });
  useNews('incident', (incident) => {
    if (incident.revision === 1) soundFor(incident.kind);
  });
  if (cameras.isPending) return <Loading what={t`cameras`} />;
  if (cameras.isError) return <Failure error={cameras.error} retry={() => void cameras.refetch()} />;
  const wall = wallOf(cameras.data.filter((camera) => !site || camera.site_id === site));
  if (!wall.length && site) return <Empty title={t`No camera of this site is on the wall`} />;
  if (!wall.length) {
    return (
      <Empty title={t`No camera is on the wall yet`}>
        <Trans>
          Add a camera and map it to its door on the <a {...linkTo('/doors')}>Doors page</a>; its video appears here.
        </Trans>
      </Empty>
    );
  }
  const { shown, page: here, pages } = pageOf(wall, layout, page);
  const columns = columnsOf(layout, shown.length);
  return (
    <div className="wall-box" ref={box}>
      <WallBar
        layout={layout}
        onLayout={(wanted) => {
          keepLayout(wanted);
          setLayout(wanted);
        }}
        page={here}
        pages={pages}
        onPage={setPage}
        onFull={fullScreen}
      />
      <section className={`wall wall-${columns} ${columns > 2 ? 'dense' : ''}`} aria-label={t`Cameras`}>
        {shown.map((camera) => (
          <CameraCard key={camera.camera_id} camera={camera} doors={doors.data ?? []} />
        ))}
      </section>
    </div>
  );
}

function CameraCard({ camera, doors }: { camera: Camera; doors: readonly Door[] }) {
  const seen = doors.filter((door) => camera.doors.some((ref) => ref.door_id === door.door_id));
  const online = camera.status.code === 200;
  return (
    <article className="camera-card">
      <LiveVideo camera={camera} />
      <footer>
        <div className="camera-name">
          <span className={`health ${online ? 'good' : camera.status.code >= 400 ? 'bad' : 'starting'}`}>
            <Shape name={online ? 'pulse' : camera.status.code >= 400 ? 'cross' : 'dot'} />
            <a {...linkTo(cameraTimeline(camera.camera_id))} title={t`Look back at this camera`}>
              {camera.name}
            </a>
          </span>
          <span className="soft">{cameraTrouble(camera) || (online ? '' : camera.status.message)}</span>
        </div>
        {seen.map((door) => (
          <DoorCounts key={door.door_id} door={door} />
        ))}
        {seen.length ? null : <span className="soft">{t`Sees no door: map it on the Doors page.`}</span>}
      </footer>
    </article>
  );
}

/** Today's numbers of a door. */
function DoorCounts({ door }: { door: Door }) {
  const { counts_today: counts } = door;
  return (
    <dl className="counts" aria-label={t`${door.name} today`}>
      <div className="counts-door">
        <dt>{t`Door`}</dt>
        <dd>{door.name}</dd>
      </div>
      <div>
        <dt>{t`Grants`}</dt>
        <dd>{counts.grants}</dd>
      </div>
      <div>
        <dt>{t`In`}</dt>
        <dd>{counts.in}</dd>
      </div>
      <div>
        <dt>{t`Out`}</dt>
        <dd>{counts.out}</dd>
      </div>
      <div className={counts.incidents ? 'tone-excess' : ''}>
        <dt>{t`Incidents`}</dt>
        <dd>{counts.incidents}</dd>
      </div>
    </dl>
  );
}

const LATEST = 3;

/** The newest incidents that nobody has looked at. */
function ToReview() {
  const wide = useWide();
  const site = useChosenSite()?.site_id;
  const siteOf = useSiteOf();
  const incidents = useIncidents({ review: 'new', site_id: site }).data?.pages[0]?.slice(0, LATEST) ?? [];
  if (!wide || !incidents.length) return null;
  return (
    <section className="to-review" aria-label={t`Newest incidents to review`}>
      {incidents.map((incident) => (
        <a
          key={incident.incident_id}
          className="review-card"
          {...linkTo(`/incidents/${encodeURIComponent(incident.incident_id)}`)}
        >
          <span className={`thumb tone-${kindLook(incident.kind).tone}`}>
            {incident.picture_url ? (
              <img src={incident.picture_url} alt="" />
            ) : (
              <Shape name={kindLook(incident.kind).shape} />
            )}
          </span>
          <KindBadge kind={incident.kind} state={incident.state} />
          <span>{countWords(incident.people, incident.grants)}</span>
          <span className="soft small">
            <AtSite site={siteOf(incident)}>
              <Clock at={incident.start} />
            </AtSite>{' '}
            · {incident.door.name}
          </span>
        </a>
      ))}
    </section>
  );
}

function Ticker() {
  const moments = useMoments();
  const box = useRef<HTMLElement>(null);
  const here = useHere();
  const siteOf = useSiteOf();
  const { shown, waiting, release } = useCalm(moments.data?.filter(here) ?? [], (moment) => moment.moment_id, box);
  return (
    <aside className="ticker" aria-label={t`What happened, newest first`} ref={box}>
      <header className="ticker-head">
        <h2>{t`Now`}</h2>
        {waiting ? (
          <Button className="pill" onPress={release}>
            <Trans>{waiting} new</Trans>
          </Button>
        ) : null}
      </header>
      {moments.isPending ? <Loading what={t`moments`} /> : null}
      {moments.isError ? <Failure error={moments.error} retry={() => void moments.refetch()} /> : null}
      {moments.data && !moments.data.length ? (
        <Empty title={t`Nothing has happened yet`}>
          <Trans>Badge at a door: the grant appears here as soon as the gateway has forwarded it.</Trans>
        </Empty>
      ) : null}
      <ol className="moments">
        {shown.map((moment) => (
          <li key={moment.moment_id}>
            <AtSite site={siteOf(moment)}>
              <MomentRow moment={moment} />
            </AtSite>
          </li>
        ))}
      </ol>
    </aside>
  );
}
