/** A run's numbers and its course: by hand beside the product's own count. */
import { t } from '@lingui/core/macro';
import { Badge, Button, Clock } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import type { Figures, Run } from './commissionApi';
import { courseOf, OUTCOME_LOOK, percent, tally } from './commissionWords';

export function Score({ run }: { run: Run }) {
  const { noted, counted } = tally(run);
  return (
    <section aria-label={t`Count`} className="commission-score">
      <table>
        <thead>
          <tr>
            <th />
            <th scope="col">{t`You`}</th>
            <th scope="col">{t`Doorwatch`}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{t`In`}</th>
            <td>{noted.in}</td>
            <td>{counted.in}</td>
          </tr>
          <tr>
            <th scope="row">{t`Out`}</th>
            <td>{noted.out}</td>
            <td>{counted.out}</td>
          </tr>
        </tbody>
      </table>
      <FiguresRow figures={run.figures} />
      <RateBar figures={run.figures} />
      <p className="soft small">{run.figures.sentence}</p>
      {run.state === 'open' ? (
        <p className="soft small">
          {run.source === 'walk'
            ? t`Nobody is shown here before you had the time to note them, so that your count is your own.`
            : t`Only people up to your last mark are shown, so that your count is your own; Finish compares all of the video.`}
        </p>
      ) : null}
    </section>
  );
}

export function FiguresRow({ figures }: { figures: Figures }) {
  return (
    <dl className="commission-figures">
      <div className="tone-admitted">
        <dt>
          <Shape name="tick" /> {t`Found`}
        </dt>
        <dd>{figures.found}</dd>
      </div>
      <div className="tone-excess">
        <dt>
          <Shape name="cross" /> {t`Missed`}
        </dt>
        <dd>{figures.missed}</dd>
      </div>
      <div className="tone-possible">
        <dt>
          <Shape name="question" /> {t`Extra`}
        </dt>
        <dd>{figures.extra}</dd>
      </div>
      <div>
        <dt>{t`Rate`}</dt>
        <dd>{percent(figures.rate)}</dd>
      </div>
    </dl>
  );
}

/** The rate with its interval on a scale from 0 to 100 %, and what practice asks for. */
export function RateBar({ figures }: { figures: Figures }) {
  const { rate, low, high } = figures;
  if (rate === null || low === null || high === null) return null;
  const words = t`Found ${percent(rate)}, with 95 % confidence between ${percent(low)} and ${percent(high)}; practice asks for 95 %`;
  return (
    <svg className="rate-bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={words}>
      <rect className="rate-ground" x="0" y="3" width="100" height="2" />
      <rect className="rate-interval" x={100 * low} y="2" width={100 * (high - low)} height="4" />
      <rect className="rate-point" x={100 * rate - 0.4} y="0.5" width="0.8" height="7" />
      <path className="rate-asked" d="M95 0V8" />
    </svg>
  );
}

export function Course({ run, onRemove }: { run: Run; onRemove: (markId: string) => void }) {
  const steps = courseOf(run);
  return (
    <section aria-label={t`Walks`} className="commission-course">
      <h2>{t`Walks, newest first`}</h2>
      {steps.length ? null : <p className="soft">{t`Press a button for each person who goes through the door.`}</p>}
      <ol>
        {steps.map((step) => (
          <li key={step.key}>
            <Clock at={step.at} day="never" />
            <span>
              <Shape name={step.direction} /> {step.direction === 'in' ? t`In` : t`Out`}
            </span>
            <Badge quiet look={OUTCOME_LOOK[step.outcome]} />
            {step.markId ? (
              <Button
                tone="quiet"
                aria-label={t`Take this walk ${step.direction} back`}
                onPress={() => step.markId && onRemove(step.markId)}
              >
                <Shape name="close" />
              </Button>
            ) : (
              <span />
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
