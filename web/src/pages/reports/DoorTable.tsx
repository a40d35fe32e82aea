/** The doors of a report, the worst one first; each number leads to what it counts. */
import { t } from '@lingui/core/macro';
import type { DoorOverview } from '../../api/reports';
import { useZone } from '../../parts/basics';
import { linkTo } from '../../shell/router';
import { clockText, dayText, fromIso, sameDay } from '../../time';
import { KIND_NAMES, kindLook } from '../../words';
import { doorTimeline } from '../timeline/address';
import { TrendWord } from './Figures';
import { minutesWords, percent, perHundred, waitWords } from './numbers';

export function DoorTable({ doors, begins }: { doors: readonly DoorOverview[]; begins: string }) {
  const most = Math.max(1, ...doors.map((door) => door.now.incidents));
  const heads = [
    t`Incidents`,
    t`Grants`,
    t`Incidents per 100 grants`,
    t`False alarms`,
    t`Time to review`,
    t`Unlocked`,
    t`Held open`,
    t`Coverage`,
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="table-scroll" aria-label={t`Totals of each door`} tabIndex={0}>
      <table className="report">
        <thead>
          <tr>
            <th scope="col">{t`Door`}</th>
            <th scope="col">{t`Incidents by kind`}</th>
            {heads.map((head) => (
              <th key={head} scope="col" className="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {doors.map((one) => (
            <tr key={one.door.door_id}>
              <th scope="row">
                <a {...linkTo(doorTimeline(one.door.door_id))}>{one.door.name}</a>
              </th>
              <td className="bar-cell">
                <KindBar kinds={one.kinds} most={most} />
              </td>
              <td className="number">
                <a {...linkTo(`/incidents?review=all&door=${encodeURIComponent(one.door.door_id)}`)}>
                  {one.now.incidents}
                </a>
              </td>
              <td className="number">{one.now.grants}</td>
              <td className="number">
                {perHundred(one.now)} <TrendWord now={one.now} before={one.before} />
              </td>
              <td className="number">{percent(one.reviews.false_alarms)}</td>
              <td className="number">{waitWords(one.reviews.median_wait_s)}</td>
              <td className="number">{minutesWords(one.unlocked_minutes)}</td>
              <td className="number">{minutesWords(one.held_open_minutes)}</td>
              <td className="number">
                <Coverage door={one} begins={begins} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How much of the time was seen; of a door that a camera saw only later, since when. */
function Coverage({ door, begins }: { door: DoorOverview; begins: string }) {
  const zone = useZone();
  if (door.coverage === null || door.watched_since === null)
    return <span className="coverage-note soft">{t`not watched yet`}</span>;
  const since = fromIso(door.watched_since);
  if (since <= fromIso(begins)) return percent(door.coverage);
  return (
    <>
      {percent(door.coverage)}{' '}
      <span className="coverage-note soft small">
        {t`since ${sameDay(since, Date.now() * 1000, zone) ? clockText(since, zone).slice(0, 5) : dayText(since, zone)}`}
      </span>
    </>
  );
}

/** Incidents of a door, one piece for each kind in its own colour. */
function KindBar({ kinds, most }: { kinds: Record<string, number>; most: number }) {
  const shown = [...new Set([...KIND_NAMES, ...Object.keys(kinds)])].filter((kind) => kinds[kind]);
  let from = 0;
  return (
    <svg className="bars" viewBox="0 0 100 15" preserveAspectRatio="none" role="img" aria-label={spoken(kinds)}>
      <title>{spoken(kinds)}</title>
      {shown.map((kind) => {
        const width = (100 * (kinds[kind] ?? 0)) / most;
        const x = from;
        from += width;
        return (
          <rect
            key={kind}
            className={`fill-${kindLook(kind).tone}`}
            x={x}
            y="2"
            width={Math.max(0, width - 0.6)}
            height="11"
          />
        );
      })}
    </svg>
  );
}

function spoken(kinds: Record<string, number>): string {
  const words = Object.entries(kinds)
    .filter(([, count]) => count)
    .map(([kind, count]) => `${kindLook(kind).word} ${count}`);
  return words.join(', ') || t`no incidents`;
}
