/** Reports: how often somebody came in behind others, by door, day and hour, beside as many days before. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { overviewFile, useOverview } from '../api/reports';
import { Button, Empty, Failure, Loading, PageTitle } from '../parts/basics';
import { Shape } from '../parts/icons';
import { useChosenSite } from '../shell/site';
import { KIND_NAMES, kindLook } from '../words';
import { ByMail } from './reports/ByMail';
import { ByDay, ByHour } from './reports/Charts';
import { DoorTable } from './reports/DoorTable';
import { Figures } from './reports/Figures';
import { Weeks } from './reports/Weeks';

const SPANS: [number, string][] = [
  [1, t`Today`],
  [7, t`7 days`],
  [30, t`30 days`],
  [90, t`90 days`],
];

export function ReportsPage() {
  const [days, setDays] = useState(7);
  const site = useChosenSite()?.site_id;
  const report = useOverview(days, site);
  return (
    <div className="reports-page">
      <PageTitle side={<Side days={days} onDays={setDays} site={site} />}>{t`Reports`}</PageTitle>
      {report.isPending ? <Loading what={t`the report`} /> : null}
      {report.isError ? <Failure error={report.error} retry={() => void report.refetch()} /> : null}
      {report.data && !report.data.doors.length ? (
        <Empty title={t`No door to report on`}>{t`Doors appear here as soon as the gateway has sent them.`}</Empty>
      ) : null}
      {report.data?.doors.length ? (
        <>
          <Figures report={report.data} />
          <div className="report-charts">
            <ByDay report={report.data} />
            <ByHour report={report.data} />
          </div>
          <Legend />
          <DoorTable doors={report.data.doors} begins={report.data.begins} />
          <Weeks />
          <ByMail />
        </>
      ) : null}
    </div>
  );
}

function Side({ days, onDays, site }: { days: number; onDays: (days: number) => void; site: string | undefined }) {
  return (
    <div className="actions">
      <a className="button plain" href={overviewFile('pdf', days, site)} download>
        {t`Save as PDF`}
      </a>
      <a className="button plain" href={overviewFile('csv', days, site)} download>
        {t`Export doors`}
      </a>
      <a
        className="button plain"
        href={`/api/reports/weeks.csv?weeks=26${site ? `&site_id=${encodeURIComponent(site)}` : ''}`}
        download
      >
        {t`Export weeks`}
      </a>
      <Button onPress={() => print()}>{t`Print`}</Button>
      <div className="segments">
        {SPANS.map(([span, word]) => (
          <button key={span} type="button" aria-pressed={span === days} onClick={() => onDays(span)}>
            {word}
          </button>
        ))}
      </div>
    </div>
  );
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
