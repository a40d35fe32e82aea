/** Charts of a report: bars by day, and a week of hours; each with its numbers in a table behind it. */
import { plural, t } from '@lingui/core/macro';
import { type ReactNode, useId } from 'react';
import type { Overview } from '../../api/reports';
import { useZone } from '../../parts/basics';
import { linkTo } from '../../shell/router';
import { dayText, fromIso } from '../../time';
import { perHundred, rateLines } from './numbers';

const HEIGHT = 120;

const incidentWords = (count: number) => plural(count, { one: '1 incident', other: `${count} incidents` });

/** A picture for the eye, and the same in words and numbers for everybody else. */
function Figure({ title, chart, table }: { title: string; chart: ReactNode; table: ReactNode }) {
  const id = useId();
  return (
    <section className="report-figure" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {chart}
      <details>
        <summary>{t`Numbers`}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
        <section className="table-scroll" aria-label={title} tabIndex={0}>
          {table}
        </section>
      </details>
    </section>
  );
}

/** Incidents of each day as bars, the rate beside the grants as a line. */
export function ByDay({ report }: { report: Overview }) {
  const zone = useZone();
  const days = report.by_day;
  const most = Math.max(0, ...days.map((day) => day.incidents));
  const highest = Math.max(0, ...days.map((day) => day.per_100_grants ?? 0));
  const step = 100 / Math.max(1, days.length);
  const name = (day: string) => dayText(fromIso(`${day}T12:00:00Z`), 'UTC');
  const total = report.now.incidents;
  return (
    <Figure
      title={t`Day by day`}
      chart={
        <>
          <svg
            className="report-chart"
            viewBox={`0 0 100 ${HEIGHT}`}
            preserveAspectRatio="none"
            role="img"
            aria-label={t`${incidentWords(total)} in ${days.length} days, most on one day: ${most}. The numbers are below.`}
          >
            {days.map((day, index) => (
              <rect
                key={day.day}
                className="chart-incidents"
                x={index * step + step * 0.15}
                width={step * 0.7}
                y={HEIGHT - (day.incidents / Math.max(1, most)) * (HEIGHT - 8)}
                height={(day.incidents / Math.max(1, most)) * (HEIGHT - 8)}
              >
                <title>
                  {day.per_100_grants === null
                    ? t`${name(day.day)}: ${incidentWords(day.incidents)}, no grants`
                    : t`${name(day.day)}: ${incidentWords(day.incidents)}`}
                </title>
              </rect>
            ))}
            {rateLines(days, HEIGHT).map((points) => (
              <polyline key={points} className="chart-rate" points={points} />
            ))}
          </svg>
          <p className="chart-legend soft small">
            <span>{days[0] ? name(days[0].day) : ''}</span>
            <span>
              <i className="chart-incidents" /> {t`incidents, at most ${most}`} <i className="chart-rate" />{' '}
              {t`incidents per 100 grants, highest ${highest.toFixed(1)}`}
            </span>
            <span>{days.length > 1 ? name(days.at(-1)?.day ?? '') : zone}</span>
          </p>
        </>
      }
      table={
        <table className="report">
          <thead>
            <tr>
              <th scope="col">{t`Day`}</th>
              <th scope="col" className="number">{t`Grants`}</th>
              <th scope="col" className="number">{t`Incidents`}</th>
              <th scope="col" className="number">{t`Incidents per 100 grants`}</th>
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.day}>
                <th scope="row">
                  <a {...linkTo(`/search?q=${encodeURIComponent(`tailgating ${day.day}`)}`)}>{name(day.day)}</a>
                </th>
                <td className="number">{day.grants}</td>
                <td className="number">{day.incidents}</td>
                <td className="number">{day.per_100_grants === null ? t`no grants` : perHundred(day)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  );
}

const WEEKDAYS = [t`Mon`, t`Tue`, t`Wed`, t`Thu`, t`Fri`, t`Sat`, t`Sun`];

/** At which hours of the week it happens: the fuller a field, the more. */
export function ByHour({ report }: { report: Overview }) {
  const most = Math.max(1, ...report.by_hour.flatMap((hour) => hour.by_weekday));
  const busiest = report.by_hour.reduce((a, b) => (b.incidents > a.incidents ? b : a));
  return (
    <Figure
      title={t`Hour by hour`}
      chart={
        <svg
          className="report-hours"
          viewBox="0 0 276 88"
          role="img"
          aria-label={
            busiest.incidents
              ? t`Most incidents, ${busiest.incidents}, between ${busiest.hour} and ${busiest.hour + 1} o'clock. The numbers are below.`
              : t`No incidents`
          }
        >
          {WEEKDAYS.map((day, row) => (
            <text key={day} x="0" y={row * 11 + 8}>
              {day}
            </text>
          ))}
          {report.by_hour.map((hour) =>
            hour.by_weekday.map((count, row) => (
              <rect
                key={`${hour.hour} ${WEEKDAYS[row]}`}
                className={count ? 'hour-some' : 'hour-none'}
                x={24 + hour.hour * 10.5}
                y={row * 11}
                width="9.5"
                height="10"
                rx="1.5"
                fillOpacity={count ? 0.25 + 0.75 * (count / most) : 1}
              >
                <title>{`${WEEKDAYS[row]} ${hour.hour}:00: ${count}`}</title>
              </rect>
            )),
          )}
          {[0, 6, 12, 18].map((hour) => (
            <text key={hour} x={24 + hour * 10.5} y="86">
              {`${hour}:00`}
            </text>
          ))}
        </svg>
      }
      table={
        <table className="report">
          <thead>
            <tr>
              <th scope="col">{t`Hour`}</th>
              {WEEKDAYS.map((day) => (
                <th key={day} scope="col" className="number">
                  {day}
                </th>
              ))}
              <th scope="col" className="number">{t`Grants`}</th>
              <th scope="col" className="number">{t`Incidents per 100 grants`}</th>
            </tr>
          </thead>
          <tbody>
            {report.by_hour.map((hour) => (
              <tr key={hour.hour}>
                <th scope="row">{`${hour.hour}:00`}</th>
                {WEEKDAYS.map((day, row) => (
                  <td key={day} className="number">
                    {hour.by_weekday[row]}
                  </td>
                ))}
                <td className="number">{hour.grants}</td>
                <td className="number">{perHundred(hour)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  );
}
