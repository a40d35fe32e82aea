/** A commissioning run: somebody walks the door and counts by hand, the product's own count stands beside it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useId, useState } from 'react';
import { ApiError } from '../../api/client';
import { useCameras, useDoor } from '../../api/queries';
import type { Camera, Door } from '../../api/types';
import { LiveVideo } from '../../live/LiveVideo';
import { Ago, Button, Empty, Failure, Loading, PageTitle, refusalShown, useZone } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { linkTo, navigate } from '../../shell/router';
import { toLocal } from '../../time';
import { Course, Score } from './CommissionScore';
import { type Run, useCertificates, useEndRun, useMarks, useOpenRun, useStartRun, type Way } from './commissionApi';
import { percent, recordedSpan } from './commissionWords';
import { MarkButtons } from './MarkButtons';
import { RecordingMarks } from './RecordingMarks';
import '../../styles/commission.css';

export function CommissionPage({ doorId }: { doorId: string }) {
  const doors = useDoor(doorId);
  const cameras = useCameras();
  const run = useOpenRun(doorId);
  const door = doors.data;
  const camera = cameras.data?.find((one) => one.camera_id === door?.cameras[0]?.camera_id);
  const gone = doors.error instanceof ApiError && doors.error.status === 404;
  const failed = gone ? undefined : [doors, cameras, run].find((query) => query.isError && !query.data);
  const waiting = doors.isPending || cameras.isPending || run.isPending;
  return (
    <div className="doors-page commission-page">
      <PageTitle side={<a {...linkTo('/doors')}>{t`Back to Doors`}</a>}>
        {door ? t`Commission ${door.name}` : t`Commission`}
      </PageTitle>
      {failed ? <Failure error={failed.error} retry={() => void failed.refetch()} /> : null}
      {waiting && !failed && !gone ? <Loading what={t`the door`} /> : null}
      {gone ? <Empty title={t`There is no such door`}>{t`Choose one on the Doors page.`}</Empty> : null}
      {door && !waiting && !failed ? (
        run.data ? (
          <OpenRun key={run.data.run_id} run={run.data} camera={camera} />
        ) : (
          <Start door={door} camera={camera} />
        )
      ) : null}
    </div>
  );
}

/** Nothing is walked yet: what a run is, the two ways to begin one, and what former ones found. */
function Start({ door, camera }: { door: Door; camera: Camera | undefined }) {
  const start = useStartRun(door.door_id);
  const drawn = camera?.scenes.some((scene) => scene.door_id === door.door_id);
  if (!camera || !drawn) {
    return (
      <Empty title={camera ? t`This door has no scene yet` : t`No camera sees this door yet`}>
        {camera ? t`Draw it first: without a scene nobody is counted. ` : t`Map a camera to it first. `}
        <a {...linkTo('/doors')}>{t`Go to Doors`}</a>
      </Empty>
    );
  }
  return (
    <>
      <div className="commission-ways">
        <section className="commission-way">
          <h2>{t`Walk the door now`}</h2>
          <p className="soft">
            <Trans>
              Walk through the door, or let others walk, and press a button for each person. Practice asks for 100
              walks: alone, in pairs, one behind the other, both ways.
            </Trans>
          </p>
          <Button tone="main" onPress={() => start.mutate({ source: 'walk' })} isPending={start.isPending}>
            {t`Start walking`}
          </Button>
        </section>
        <RecordedStart start={start.mutate} pending={start.isPending} />
      </div>
      {start.error ? (
        <p className="failure-text" role="alert">
          {start.error.message}
        </p>
      ) : null}
      <Former doorId={door.door_id} />
    </>
  );
}

/** The time to mark up, on the clock of the site as all times of the page. */
function RecordedStart(props: {
  start: (body: { source: 'recording'; since: string; until: string }) => void;
  pending: boolean;
}) {
  const zone = useZone();
  const zoned = useId();
  const shown = (ago: number) => toLocal((Date.now() - ago) * 1000, zone).slice(0, 16);
  const [since, setSince] = useState(() => shown(3_600_000));
  const [until, setUntil] = useState(() => shown(0));
  const span = recordedSpan(since, until, zone, Date.now() * 1000);
  const begin = () => span && props.start({ source: 'recording', ...span });
  return (
    <section className="commission-way">
      <h2>{t`Count on recorded video`}</h2>
      <p className="soft">
        <Trans>Watch what was recorded, up to four hours of it, and press a key for each person.</Trans>
      </p>
      <div className="commission-times">
        <label>
          {t`From`}
          <input
            type="datetime-local"
            aria-describedby={zoned}
            value={since}
            onChange={(event) => setSince(event.target.value)}
          />
        </label>
        <label>
          {t`To`}
          <input
            type="datetime-local"
            aria-describedby={zoned}
            value={until}
            onChange={(event) => setUntil(event.target.value)}
          />
        </label>
      </div>
      <p className="soft small" id={zoned}>{t`Times on the clock of ${zone}`}</p>
      <Button onPress={begin} isPending={props.pending} isDisabled={!span}>
        {t`Start watching`}
      </Button>
    </section>
  );
}

function Former({ doorId }: { doorId: string }) {
  const all = useCertificates();
  const mine = (all.data ?? []).filter((one) => one.door_id === doorId);
  return (
    <section aria-label={t`Certificates`} className="commission-former">
      <h2>{t`Certificates`}</h2>
      {all.isError ? <Failure error={all.error} retry={() => void all.refetch()} /> : null}
      {all.data && !mine.length ? (
        <p className="soft">
          <Trans>There is none yet: a run that is finished becomes the door's certificate.</Trans>
        </p>
      ) : null}
      <ul className="lines">
        {mine.map((one) => (
          <li key={one.certificate_id}>
            <a {...linkTo(`/doors/certificates/${encodeURIComponent(one.certificate_id)}`)}>
              <Trans>
                {one.body.figures.found} of {one.body.figures.walked} found, {percent(one.body.figures.rate)}
              </Trans>
            </a>
            <span className="soft small">
              <Trans>
                <Ago at={one.issued_at} />, by {one.body.issued_by}
              </Trans>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A mark's id is made here, so that one that is sent again after a lost answer stays one. */
const newId = () => crypto.getRandomValues(new Uint32Array(3)).reduce((text, part) => text + part.toString(36), 'm');

function OpenRun({ run, camera }: { run: Run; camera: Camera | undefined }) {
  const { add, remove } = useMarks(run);
  const { finish, drop } = useEndRun(run);
  const noteAll = (ways: readonly Way[], at?: string) => {
    const pressed = Date.now();
    add.mutate(
      ways.map((direction) => ({
        mark_id: newId(),
        direction,
        ...(at ? { at } : { ago_ms: Math.max(0, Date.now() - pressed) }),
      })),
    );
  };
  const last = run.marks.at(-1);
  const undo = () => last && remove.mutate(last.mark_id);
  const end = () =>
    // The run is over before the answer is here, and this is gone by then.
    finish.mutateAsync().then((issued) => {
      say(t`The certificate of ${run.door} is kept.`);
      void navigate(`/doors/certificates/${encodeURIComponent(issued.certificate_id)}`);
    }, refusalShown);
  const giveUp = async () => {
    if (await ask(t`Drop this run?`, t`What was noted in it is lost; no certificate is made.`, t`Drop it`))
      drop.mutate();
  };
  const error = add.error ?? remove.error ?? finish.error ?? drop.error;
  const wait = Math.ceil(run.finish_in_ms / 1000);
  return (
    <>
      <div className="commission-room">
        <div className="commission-left">
          {run.source === 'walk' ? (
            <>
              {camera ? <LiveVideo camera={camera} /> : null}
              <MarkButtons onMark={noteAll} onUndo={undo} />
            </>
          ) : (
            <RecordingMarks run={run} cameraId={camera?.camera_id} onMark={noteAll} onUndo={undo} />
          )}
        </div>
        <div className="commission-right">
          <Score run={run} />
          <Course run={run} onRemove={(id) => remove.mutate(id)} />
        </div>
      </div>
      <div className="save-bar commission-bar">
        <span role="status">
          {run.marks.length
            ? wait
              ? t`The last walk may still be counted: ${wait} s`
              : t`Ready to finish`
            : t`Nobody yet`}
        </span>
        {error ? (
          <p className="failure-text" role="alert">
            {error.message}
          </p>
        ) : null}
        <Button onPress={() => void giveUp()} isPending={drop.isPending}>
          {t`Drop`}
        </Button>
        <Button tone="main" onPress={end} isPending={finish.isPending} isDisabled={!run.marks.length || wait > 0}>
          {t`Finish`}
        </Button>
      </div>
    </>
  );
}
