/** The few numbers of a report that are looked at first, each beside that of as many days before. */
import { plural, t } from '@lingui/core/macro';
import type { Overview, Rate } from '../../api/reports';
import { linkTo } from '../../shell/router';
import { percent, perHundred, trendOf, waitWords } from './numbers';

export function Figures({ report }: { report: Overview }) {
  const { now, before, reviews } = report;
  const reviewed = reviews.confirmed + reviews.dismissed;
  return (
    <dl className="report-figures">
      <div>
        <dt>{t`Incidents`}</dt>
        <dd>
          <a {...linkTo('/incidents?review=all')}>{now.incidents}</a>
        </dd>
        <dd className="soft small">{t`${before.incidents} in as many days before, until this hour`}</dd>
      </div>
      <div>
        <dt>{t`Incidents per 100 grants`}</dt>
        <dd>
          {perHundred(now)} <TrendWord now={now} before={before} />
        </dd>
        <dd className="soft small">{t`${perHundred(before)} before, ${plural(now.grants, { one: '1 grant', other: `${now.grants} grants` })} now`}</dd>
      </div>
      <div>
        <dt>{t`False alarms`}</dt>
        <dd>{percent(reviews.false_alarms)}</dd>
        <dd className="soft small">{t`${reviews.dismissed} dismissed of ${reviewed} reviewed`}</dd>
      </div>
      <div>
        <dt>{t`Time to review`}</dt>
        <dd>{waitWords(reviews.median_wait_s)}</dd>
        <dd className="soft small">
          {reviewed ? t`nine of ten within ${waitWords(reviews.p90_wait_s)}` : t`nothing was reviewed yet`}
        </dd>
      </div>
      <div>
        <dt>{t`To review`}</dt>
        <dd>
          <a {...linkTo('/incidents')}>{reviews.waiting}</a>
        </dd>
        <dd className="soft small">{t`not looked at yet`}</dd>
      </div>
    </dl>
  );
}

/** Whether it got better, in a word and a colour. */
export function TrendWord({ now, before }: { now: Rate; before: Rate }) {
  const trend = trendOf(now, before);
  if (trend === 'worse') return <span className="trend tone-excess">▲ {t`more`}</span>;
  if (trend === 'better') return <span className="trend tone-admitted">▼ {t`fewer`}</span>;
  return trend === 'same' ? <span className="trend tone-soft">{t`as before`}</span> : null;
}
