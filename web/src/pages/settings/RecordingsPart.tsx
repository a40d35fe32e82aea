/** Recordings: how full the disks are and what goes next; of each camera how far it reaches, what it takes, what is wrong. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { useSession } from '../../api/queries';
import { type CameraRecordings, type DiskRecordings, useRecordings } from '../../api/recordings';
import { Ago, Clock, Empty, Failure, Loading } from '../../parts/basics';
import { Filter } from '../../parts/Filter';
import { Shape } from '../../parts/icons';
import { Portion } from '../../parts/Portion';
import { daysText, modeText, outlookText, sizeText } from './recordings';

export function RecordingsPart() {
  const allowed = useSession().data?.permissions.includes('manage') ?? true;
  const found = useRecordings(allowed);
  const [text, setText] = useState('');
  if (!allowed) {
    return (
      <Empty title={t`Recordings are for those who may manage`}>
        <Trans>The owner of the account and people with the role manage see how full the disks are.</Trans>
      </Empty>
    );
  }
  if (found.isPending) return <Loading what={t`recordings`} />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const { cameras, disks } = found.data;
  const wanted = text.trim().toLowerCase();
  const shown = cameras.filter((camera) => camera.name.toLowerCase().includes(wanted));
  return (
    <section className="part recordings-part" aria-label={t`Recordings`}>
      <h2>{t`Disks`}</h2>
      {disks.length ? (
        <ul className="lines" aria-label={t`Disks`}>
          {disks.map((disk) => (
            <DiskLine key={disk.analyzer_id} disk={disk} />
          ))}
        </ul>
      ) : (
        <Empty title={t`No analyzer tells of its disk`}>
          <Trans>
            Each tells every ten seconds how full its disk is: see whether one runs and reaches this server.
          </Trans>
        </Empty>
      )}
      <header className="page-title">
        <h2>{t`Cameras`}</h2>
        <Filter of={cameras.length} what={t`Filter cameras`} text={text} onChange={setText} />
      </header>
      {cameras.length ? null : (
        <Empty title={t`No camera yet`}>
          <Trans>Add cameras on the Doors page; what they record is told here.</Trans>
        </Empty>
      )}
      {cameras.length && !shown.length ? <Empty title={t`No camera matches “${text.trim()}”`} /> : null}
      <Portion items={shown} what={t`cameras`}>
        {(cameras) => <CameraTable cameras={cameras} />}
      </Portion>
    </section>
  );
}

function DiskLine({ disk }: { disk: DiskRecordings }) {
  const used = Math.max(0, disk.total_bytes - disk.free_bytes);
  const trouble = disk.outlook === 'now';
  return (
    <li className="disk-line">
      <p>
        <strong>{disk.name}</strong>{' '}
        <span className="soft small">
          {plural(disk.camera_ids.length, { one: '# camera', other: '# cameras' })}, <Ago at={disk.at} />
        </span>
      </p>
      <meter
        min={0}
        max={disk.total_bytes || 1}
        high={Math.max(0, disk.total_bytes - disk.floor_bytes)}
        value={used}
        aria-label={t`How full the disk of ${disk.name} is`}
      />
      <p>
        {t`${sizeText(disk.free_bytes)} of ${sizeText(disk.total_bytes)} are free, ${sizeText(disk.floor_bytes)} are to stay so.`}
      </p>
      <p className={trouble ? 'tone-possible' : ''}>
        {trouble ? <Shape name="question" /> : null} {outlookText(disk)}
      </p>
      <p className="soft">
        {disk.next ? (
          <Trans>
            Next to go for want of room: {disk.next.name}, <Clock at={disk.next.at} />
            {disk.next.eventful ? t` (something happened then)` : ''}
          </Trans>
        ) : (
          t`Nothing may go: what is there is held or younger than two minutes.`
        )}
      </p>
    </li>
  );
}

function CameraTable({ cameras }: { cameras: readonly CameraRecordings[] }) {
  if (!cameras.length) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="table-scroll" tabIndex={0} aria-label={t`Recordings of each camera`}>
      <table className="report recordings-table">
        <thead>
          <tr>
            <th scope="col">{t`Camera`}</th>
            <th scope="col">{t`Recorded`}</th>
            <th scope="col">{t`Reaches back to`}</th>
            <th scope="col" className="number">{t`Takes`}</th>
            <th scope="col" className="number">{t`A day`}</th>
            <th scope="col">{t`Kept for`}</th>
            <th scope="col">{t`Held`}</th>
          </tr>
        </thead>
        <tbody>
          {cameras.map((camera) => (
            <CameraRow key={camera.camera_id} camera={camera} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function CameraRow({ camera }: { camera: CameraRecordings }) {
  const { kept_for: kept, damage } = camera;
  return (
    <tr>
      <th scope="row">
        {camera.name}
        {camera.stopped ? (
          <span className="recordings-trouble tone-excess">
            <Shape name="cross" /> {t`Not recorded now: ${camera.stopped}`}
          </span>
        ) : null}
        {damage ? (
          <span className="recordings-trouble tone-possible">
            <Shape name="question" />{' '}
            <span>
              <Trans>
                {plural(damage.segments, { one: '# file is', other: '# files are' })} missing or changed, between{' '}
                <Clock at={damage.start} /> and <Clock at={damage.end} />, found <Ago at={damage.at} />
              </Trans>
            </span>
          </span>
        ) : null}
      </th>
      <td>{modeText(camera)}</td>
      <td>
        {camera.oldest_at ? <Clock at={camera.oldest_at} /> : <span className="soft">{t`nothing recorded`}</span>}
      </td>
      <td className="number">{camera.bytes ? sizeText(camera.bytes) : '–'}</td>
      <td className="number">{camera.bytes_per_day === null ? '–' : sizeText(camera.bytes_per_day)}</td>
      <td>
        {daysText(kept.days)}
        {kept.event_days > kept.days ? t`, events ${daysText(kept.event_days)}` : ''}
        {kept.bytes === null ? '' : t`, at most ${sizeText(kept.bytes)}`}
      </td>
      <td>
        {camera.held_incidents
          ? t`${plural(camera.held_incidents, { one: '# incident', other: '# incidents' })}, ${sizeText(camera.held_bytes)}`
          : '–'}
      </td>
    </tr>
  );
}
