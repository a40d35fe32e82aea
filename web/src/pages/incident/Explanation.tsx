/** Why the rule says so: the facts it counted, what it merged, and each revision with what it changed. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { IncidentDetail } from '../../api/types';
import { Clock, KindBadge } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { linkTo } from '../../shell/router';
import { countWords, stateName, stateWords } from '../../words';
import { changesOf, factsOf } from './explanation';

/** The data behind the sentence. */
export function Explanation({ incident }: { incident: IncidentDetail }) {
  return (
    <details className="facts why">
      <summary>{t`Why: what was counted`}</summary>
      <dl className="why-facts">
        {factsOf(incident).map((fact) => (
          <div key={fact.label}>
            <dt>{fact.label}</dt>
            <dd>
              {fact.value}
              {fact.hint ? <span className="soft small">{fact.hint}</span> : null}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

const address = (id: string) => `/incidents/${encodeURIComponent(id)}`;

/** What became of other incidents that have to do with this one. */
export function Merges({ incident }: { incident: IncidentDetail }) {
  if (!incident.superseded_by && !incident.merged.length) return null;
  return (
    <p className="merges">
      <Shape name="two" />
      {incident.superseded_by ? (
        <span>
          <Trans>
            This became part of <a {...linkTo(address(incident.superseded_by))}>a longer incident</a>, which holds its
            entries now.
          </Trans>
        </span>
      ) : null}
      {incident.merged.length ? (
        <span>
          {t`Includes`}{' '}
          {incident.merged.map((id, index) => (
            <span key={id}>
              {index ? ', ' : ''}
              <a {...linkTo(address(id))}>{t`an earlier incident`}</a>
            </span>
          ))}
          .
        </span>
      ) : null}
    </p>
  );
}

/** How the verdict came to be what it is, newest first. */
export function History({ incident }: { incident: IncidentDetail }) {
  const delay = incident.crossing_to_incident_ms;
  const { history } = incident;
  const corrected = incident.state === 'explained' || incident.state === 'withdrawn';
  return (
    <details className="facts" open={corrected}>
      <summary>
        <Trans>
          History: {plural(history.length, { one: '1 revision', other: `${history.length} revisions` })},{' '}
          {stateName(incident.state)}
        </Trans>
      </summary>
      <p className="soft">
        {stateWords(incident.state)}
        {delay !== null ? t`; shown ${(delay / 1000).toFixed(1)} s after the crossing` : ''}.
      </p>
      <ol className="history">
        {history
          .map((revision, index) => (
            <li key={revision.revision}>
              <Clock at={revision.at} />
              <KindBadge kind={revision.kind} state={revision.state} />
              <span>
                <strong>{changesOf(history[index - 1], revision).join('; ')}.</strong>{' '}
                {countWords(revision.people, revision.grants)}. {revision.reason}
              </span>
            </li>
          ))
          .reverse()}
      </ol>
    </details>
  );
}
