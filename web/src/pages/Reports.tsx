/** Numbers per door for the last day, week or month. */

import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { useReport } from '../api/queries';
import type { DoorReport } from '../api/types';
import { Empty, Failure, Loading, PageTitle } from '../parts/basics';
import { Shape } from '../parts/icons';
import { linkTo } from '../shell/router';
import { useChosenSite } from '../shell/site';
import { KIND_NAMES, kindLook } from '../words';
import { Weeks } from './reports/Weeks';
import { totalIncidents } from './totals';

const SPANS: [number, string][] = [
  [1, t`Today`],
  [7, t`7 days`],
  [30, t`30 days`],
];

export function ReportsPage() {
  const [days, setDays] = useState(7);
  const site = useChosenSite()?.site_id;
  const report = useReport(days, site);
  const rows = [...(report.data ?? [])].sort((a, b) => totalIncidents(b) - totalIncidents(a));
  const most = Math.max(1, ...rows.map(totalIncidents));
  const busiest = Math.max(1, ...rows.map((row) => Math.max(row.grants, row.in, row.out)));
  return (
    <div className="reports-page">
      <PageTitle
        side={
          <div className="actions">
            <a
              className="button plain"
              href={`/api/reports/weeks.csv?weeks=26${site ? `&site_id=${encodeURIComponent(site)}` : ''}`}
              download
            >
              {t`Export weeks`}
            </a>
            <div className="segments">
              {SPANS.map(([span, word]) => (
                <button key={span} type="button" aria-pressed={span === days} onClick={() => setDays(span)}>
                  {word}
                </button>
              ))}
            </div>
          </div>
        }
      >
        {t`Reports`}
      </PageTitle>
      {report.isPending ? <Loading what={t`the report`} /> : null}
      {report.isError ? <Failure error={report.error} retry={() => void report.refetch()} /> : null}
      {report.data && !rows.length ? (
        <Empty title={t`No door to report on`}>{t`Doors appear here as soon as the gateway has sent them.`}</Empty>
      ) : null}
      {rows.length ? (
        <>
          <Legend />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
          <section className="table-scroll" aria-label={t`Totals of each door`} tabIndex={0}>
            <table className="report">
              <thead>
                <tr>
                  <th scope="col">{t`Door`}</th>
                  <th scope="col">{t`Incidents by kind`}</th>
                  <th scope="col" className="number">
                    {t`Incidents`}
                  </th>
                  <th scope="col" className="number">
                    {t`Reviewed`}
                  </th>
                  <th scope="col">{t`Grants, in, out`}</th>
                  <th scope="col" className="number">
                    {t`Grants`}
                  </th>
                  <th scope="col" className="number">
                    {t`In`}
                  </th>
                  <th scope="col" className="number">
                    {t`Out`}
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <ReportRow key={row.door.door_id} row={row} most={most} busiest={busiest} />
                ))}
              </tbody>
            </table>
          </section>
        </>
      ) : null}
      {rows.length ? <Weeks /> : null}
    </div>
  );
}

function ReportRow({ row, most, busiest }: { row: DoorReport; most: number; busiest: number }) {
  const total = totalIncidents(row);
  return (
    <tr>
      <th scope="row">{row.door.name}</th>
      <td className="bar-cell">
        <KindBar incidents={row.incidents} most={most} />
      </td>
      <td className="number">
        {total ? <a {...linkTo(`/incidents?review=all&door=${encodeURIComponent(row.door.door_id)}`)}>{total}</a> : 0}
      </td>
      <td className="number">{total ? t`${row.reviewed} of ${total}` : ''}</td>
      <td className="bar-cell">
        <svg className="bars" viewBox="0 0 100 15" preserveAspectRatio="none" aria-hidden="true">
          <rect className="bar-grants" y="0" height="4" width={(100 * row.grants) / busiest} />
          <rect className="bar-in" y="5.5" height="4" width={(100 * row.in) / busiest} />
          <rect className="bar-out" y="11" height="4" width={(100 * row.out) / busiest} />
        </svg>
      </td>
      <td className="number">{row.grants}</td>
      <td className="number">{row.in}</td>
      <td className="number">{row.out}</td>
    </tr>
  );
}

/** Incidents of a door, one piece for each kind in its own colour. */
function KindBar({ incidents, most }: { incidents: Record<string, number>; most: number }) {
  const kinds = [...new Set([...KIND_NAMES, ...Object.keys(incidents)])].filter((kind) => incidents[kind]);
  let from = 0;
  return (
    <svg className="bars" viewBox="0 0 100 15" preserveAspectRatio="none" role="img" aria-label={spoken(incidents)}>
      <title>{spoken(incidents)}</title>
      {kinds.map((kind) => {
        const width = (100 * (incidents[kind] ?? 0)) / most;
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

function spoken(incidents: Record<string, number>): string {
  const words = Object.entries(incidents)
    .filter(([, count]) => count)
    .map(([kind, count]) => `${kindLook(kind).word} ${count}`);
  return words.join(', ') || t`no incidents`;
}

function Legend() {
  return (
    <ul className="legend">
      {KIND_NAMES.map((kind) => (
        <li key={kind} className={`tone-${kindLook(kind).tone}`}>
          <Shape name={kindLook(kind).shape} /> {kindLook(kind).word}
        </li>
      ))}
    </ul>
  );
}
