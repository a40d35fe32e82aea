/** Who did what: filtered, page by page, and as a table. */
import { t } from '@lingui/core/macro';
import { useDeferredValue, useState } from 'react';
import { type AuditEntry, tablePath, useActs, useAudit, type Wanted } from '../../api/audit';
import { Button, Clock, Empty, Failure, Loading } from '../../parts/basics';

const DAY = 86_400_000;
const SPANS: [string, string][] = [
  ['', t`Any time`],
  ['1', t`Last day`],
  ['7', t`Last 7 days`],
  ['30', t`Last 30 days`],
];

export function AuditPart() {
  const [who, setWho] = useState('');
  const [act, setAct] = useState('');
  const [text, setText] = useState('');
  const [span, setSpan] = useState({ days: '', since: '' });
  const acts = useActs();
  const wanted: Wanted = { who: useDeferredValue(who), act, text: useDeferredValue(text), since: span.since };
  const trail = useAudit(wanted);
  const entries = trail.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <section className="part audit-part" aria-label={t`Audit`}>
      <div className="mapping-tools">
        <input
          type="search"
          placeholder={t`Who`}
          aria-label={t`Who`}
          value={who}
          onChange={(e) => setWho(e.target.value)}
        />
        <select aria-label={t`What was done`} value={act} onChange={(e) => setAct(e.target.value)}>
          <option value="">{t`Everything`}</option>
          {acts.data?.map((one) => (
            <option key={one.act} value={one.act}>
              {one.words}
            </option>
          ))}
        </select>
        <select
          aria-label={t`When`}
          value={span.days}
          onChange={(e) => {
            const days = e.target.value;
            setSpan({ days, since: days ? new Date(Date.now() - Number(days) * DAY).toISOString() : '' });
          }}
        >
          {SPANS.map(([days, word]) => (
            <option key={days} value={days}>
              {word}
            </option>
          ))}
        </select>
        <input
          type="search"
          placeholder={t`Text`}
          aria-label={t`Text`}
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
        <a className="button" href={tablePath(wanted)} download>
          {t`Export`}
        </a>
      </div>
      {trail.isPending ? <Loading what={t`the audit trail`} /> : null}
      {trail.isError ? <Failure error={trail.error} retry={() => void trail.refetch()} /> : null}
      {trail.data && !entries.length ? (
        <Empty title={t`Nothing of this kind was done`}>{t`Ask for less.`}</Empty>
      ) : null}
      <ol className="audit-list">
        {entries.map((entry) => (
          <Entry key={entry.number} entry={entry} />
        ))}
      </ol>
      {trail.hasNextPage ? (
        <p className="portion">
          <Button onPress={() => void trail.fetchNextPage()} isPending={trail.isFetchingNextPage}>
            {t`Show older`}
          </Button>
        </p>
      ) : null}
    </section>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const told = Object.entries(entry.detail).filter(([, value]) => value !== null && value !== '');
  return (
    <li className="audit-entry">
      <Clock at={entry.at} />
      <span>
        {entry.words}
        {entry.subject ? <code className="small"> {entry.subject}</code> : null}
      </span>
      <span className="soft">
        {entry.who}
        {entry.address ? t` from ${entry.address}` : ''}
      </span>
      {told.length ? (
        <details className="small soft">
          <summary>{t`What changed`}</summary>
          <dl>
            {told.map(([name, value]) => (
              <div key={name}>
                <dt>{name.replaceAll('_', ' ')}</dt>
                <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </li>
  );
}
