/** What became of the incidents, door by door and week by week: confirmed, false alarm, not looked at. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { useWeeks } from '../../api/queries';
import { Failure, Loading } from '../../parts/basics';
import { useChosenSite } from '../../shell/site';
import { byWeek, falseAlarms, perThousand, sumOf } from './figures';

const WEEKS = 8;

export function Weeks() {
  const report = useWeeks(WEEKS, useChosenSite()?.site_id);
  const [door, setDoor] = useState('');
  if (report.isPending) return <Loading what={t`the weeks`} />;
  if (report.isError) return <Failure error={report.error} retry={() => void report.refetch()} />;
  const doors = new Map(report.data.map((week) => [week.door.door_id, week.door.name]));
  const weeks = byWeek(report.data.filter((week) => !door || week.door.door_id === door));
  return (
    <section className="weeks">
      <header className="page-title">
        <h2>{t`Reviews by week`}</h2>
        <label>
          <span className="hidden">{t`Door`}</span>
          <select value={door} onChange={(event) => setDoor(event.target.value)}>
            <option value="">{t`All doors together`}</option>
            {[...doors].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="table-scroll" aria-label={t`Weeks of each door`} tabIndex={0}>
        <table className="report">
          <thead>
            <tr>
              <th scope="col">{t`Week of`}</th>
              <th scope="col" className="number">
                {t`Incidents`}
              </th>
              <th scope="col" className="number">
                {t`Confirmed`}
              </th>
              <th scope="col" className="number">
                {t`To review`}
              </th>
              <th scope="col" className="number">
                {t`False alarms of the reviewed`}
              </th>
              <th scope="col" className="number">
                {t`False alarms per 1,000 grants`}
              </th>
              <th scope="col" className="number">
                {t`Grants`}
              </th>
            </tr>
          </thead>
          <tbody>
            {weeks.map(({ week, doors: ofWeek }) => {
              const sum = sumOf(ofWeek);
              return (
                <tr key={week}>
                  <th scope="row">
                    <span className="time">{week}</span>
                  </th>
                  <td className="number">{sum.incidents}</td>
                  <td className="number">{sum.confirmed}</td>
                  <td className="number">{sum.waiting}</td>
                  <td className="number">{falseAlarms(sum)}</td>
                  <td className="number">{perThousand(sum)}</td>
                  <td className="number">{sum.grants}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </section>
  );
}
