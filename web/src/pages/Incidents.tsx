/** The queue of incidents to review, and beside it the one that is selected. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type IncidentFilter, useDoorOutlines, useIncidentCounts, useIncidents, useReview } from '../api/queries';
import type { Incident, IncidentCounts, Review } from '../api/types';
import { Button, Clock, Empty, Failure, KindBadge, Loading, PageTitle, ReviewBadge, useWide } from '../parts/basics';
import { useCalm } from '../parts/calm';
import { Shape } from '../parts/icons';
import { say, sayWhy } from '../shell/ask';
import { searchPath } from '../shell/query';
import { linkTo, navigate } from '../shell/router';
import { useShortcuts } from '../shell/shortcuts';
import { useChosenSite } from '../shell/site';
import { AtSite, useSiteOf } from '../shell/where';
import { countWords, KIND_NAMES, kindLook } from '../words';
import { IncidentPane, type More } from './incident/IncidentPane';
import { withKept } from './kept';
import { uncertainOf } from './uncertain';

const REVIEWS: [string, string][] = [
  ['new', t`To review`],
  ['confirmed', t`Confirmed`],
  ['dismissed', t`Dismissed`],
  ['all', t`All`],
];

function filterOf(query: URLSearchParams): IncidentFilter {
  const review = query.get('review') ?? 'new';
  return {
    review: review === 'all' ? undefined : (review as Review),
    kind: query.get('kind') || undefined,
    state: query.get('state') || undefined,
    door_id: query.get('door') || undefined,
    since: query.get('since') || undefined,
    until: query.get('until') || undefined,
  };
}

function addressOf(id: string | null, query: URLSearchParams): string {
  const path = id ? `/incidents/${encodeURIComponent(id)}` : '/incidents';
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export function IncidentsPage({ id, query }: { id: string | null; query: URLSearchParams }) {
  const wide = useWide();
  const chosen = useChosenSite()?.site_id;
  // A door is at one site: the link of a mail leads to what happened there, whichever site this browser shows.
  const site_id = query.get('door') ? undefined : chosen;
  const filter = { ...filterOf(query), site_id };
  const incidents = useIncidents(filter);
  const review = useReview();
  const [kept, setKept] = useState<ReadonlyMap<string, Incident>>(new Map());
  const [last, setLast] = useState<string | null>(null);
  const key = JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => setKept(new Map()), [key]);
  const list = useMemo(() => withKept(incidents.data?.pages.flat() ?? [], kept), [incidents.data, kept]);
  const box = useRef<HTMLDivElement>(null);
  const { shown, waiting, release } = useCalm(list, (incident) => incident.incident_id, box);
  const index = shown.findIndex((incident) => incident.incident_id === id);

  const open = (to: string | null, replace = false) => void navigate(addressOf(to, query), { replace });
  const step = (by: number) => {
    const next = shown[index < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, index + by))];
    if (next) open(next.incident_id, true);
  };
  const judge = (target: string, to: Review, more: More = {}) => {
    const incident = list.find((other) => other.incident_id === target);
    if (incident) setKept((now) => new Map(now).set(target, { ...incident, review: to }));
    setLast(target);
    // Awaited one by one: of callbacks only those of the last judgement would be called, and none after this page.
    review.mutateAsync({ id: target, review: to, ...more, seen: incident?.said }).then(
      () => {
        const word = to === 'confirmed' ? t`Confirmed` : to === 'dismissed' ? t`Dismissed` : t`Put back for review`;
        say(`${word}.`, to === 'new' ? undefined : { word: t`Undo`, run: () => judge(target, 'new') });
      },
      (error) => {
        if (incident) setKept((now) => new Map(now).set(target, incident));
        sayWhy(error);
      },
    );
  };
  const judgeAndGo = (to: Review) => {
    if (!id) return;
    judge(id, to);
    if (wide) step(1);
  };
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    e: () => judgeAndGo('confirmed'),
    x: () => judgeAndGo('dismissed'),
    u: () => last && judge(last, 'new'),
    Escape: () => !wide && open(null),
  });
  const first = shown[0]?.incident_id;
  useEffect(() => {
    if (wide && !id && first) void navigate(addressOf(first, query), { replace: true });
  }, [wide, id, first, query]);

  return (
    <div className={`incidents-page ${id ? 'with-detail' : ''}`}>
      {wide || !id ? (
        <div className="queue" ref={box}>
          <PageTitle side={<Export query={query} site={site_id} />}>{t`Incidents`}</PageTitle>
          <Filters query={query} filter={filter} />
          {waiting ? (
            <Button className="pill" onPress={release}>
              <Trans>{waiting} new</Trans>
            </Button>
          ) : null}
          {incidents.isPending ? <Loading what={t`incidents`} /> : null}
          {incidents.isError ? <Failure error={incidents.error} retry={() => void incidents.refetch()} /> : null}
          {incidents.isSuccess && !list.length ? <NoIncidents filter={filter} /> : null}
          <ol className="incident-list">
            {shown.map((incident) => (
              <IncidentRow
                key={incident.incident_id}
                incident={incident}
                selected={incident.incident_id === id}
                to={addressOf(incident.incident_id, query)}
              />
            ))}
          </ol>
          {incidents.hasNextPage ? (
            <Button onPress={() => void incidents.fetchNextPage()} isPending={incidents.isFetchingNextPage}>
              {t`Show older`}
            </Button>
          ) : null}
        </div>
      ) : null}
      {id ? (
        <IncidentPane
          key={id}
          id={id}
          onReview={(to, more) => judge(id, to, more)}
          back={wide ? null : addressOf(null, query)}
        />
      ) : wide && incidents.isSuccess && list.length ? (
        <Empty title={t`Select an incident`} />
      ) : null}
    </div>
  );
}

function NoIncidents({ filter }: { filter: IncidentFilter }) {
  if (filter.review === 'new' && !filter.kind && !filter.state && !filter.door_id && !filter.since && !filter.until) {
    return (
      <Empty title={t`Nothing to review`}>
        <Trans>When more people walk through a door than were granted access, the incident appears here at once.</Trans>
      </Empty>
    );
  }
  const hint = filter.site_id
    ? t`Choose another site, kind, door, time or state of review.`
    : t`Choose another kind, door, time or state of review.`;
  return <Empty title={t`No incident matches this choice`}>{hint}</Empty>;
}

function Filters({ query, filter }: { query: URLSearchParams; filter: IncidentFilter }) {
  const doors = useDoorOutlines();
  const counts = useIncidentCounts(filter).data;
  const change = (name: string, value: string) => {
    const next = new URLSearchParams(query);
    if (value) next.set(name, value);
    else next.delete(name);
    void navigate(addressOf(null, next));
  };
  const count = (kind: string) => (counts ? ` (${counts.kinds[kind] ?? 0})` : '');
  return (
    <div className="filters">
      <label>
        <span className="hidden">{t`Review`}</span>
        <select value={query.get('review') ?? 'new'} onChange={(e) => change('review', e.target.value)}>
          {REVIEWS.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="hidden">{t`Kind`}</span>
        <select value={query.get('kind') ?? ''} onChange={(e) => change('kind', e.target.value)}>
          <option value="">{t`Every kind`}</option>
          {KIND_NAMES.map((kind) => (
            <option key={kind} value={kind}>
              {kindLook(kind).word}
              {count(kind)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span className="hidden">{t`Door`}</span>
        <select value={query.get('door') ?? ''} onChange={(e) => change('door', e.target.value)}>
          <option value="">{t`Every door`}</option>
          {doors.data
            ?.filter(({ site_id }) => !filter.site_id || site_id === filter.site_id)
            .map((door) => (
              <option key={door.door_id} value={door.door_id}>
                {door.name}
              </option>
            ))}
        </select>
      </label>
      <Span query={query} />
      <Uncertain query={query} counts={counts} change={change} />
    </div>
  );
}

/** The time to which a link from a mail narrowed the list, and the way out of it. */
function Span({ query }: { query: URLSearchParams }) {
  const [since, until] = [query.get('since'), query.get('until')];
  if (!since && !until) return null;
  const all = new URLSearchParams(query);
  all.delete('since');
  all.delete('until');
  return (
    <p className="chip">
      <span>
        {since ? <Clock at={since} /> : t`until`} – {until ? <Clock at={until} /> : t`now`}
      </span>
      <Button tone="quiet" aria-label={t`Show all times`} onPress={() => void navigate(addressOf(null, all))}>
        <Shape name="close" />
      </Button>
    </p>
  );
}

/** What is listed, as a table. */
function Export({ query, site }: { query: URLSearchParams; site: string | undefined }) {
  const table = new URLSearchParams(query);
  if (site) table.set('site_id', site);
  if (table.get('door')) table.set('door_id', table.get('door') ?? '');
  table.delete('door');
  if (table.get('review') === 'all') table.delete('review');
  else if (!table.has('review')) table.set('review', 'new');
  return (
    <a className="button plain" href={`/api/incidents/table.csv?${table}`} download>
      {t`Export`}
    </a>
  );
}

/** One press to what the rule is not sure of, each with how many there are. */
function Uncertain({
  query,
  counts,
  change,
}: {
  query: URLSearchParams;
  counts: IncidentCounts | undefined;
  change: (name: string, value: string) => void;
}) {
  const door = useDoorOutlines().data?.find((one) => one.door_id === query.get('door'));
  // What is listed there is what is counted here.
  const unseen = `not observable access granted last 7 days${door ? ` "${door.name}"` : ''}`;
  if (!counts) return null;
  const choices = uncertainOf(counts);
  return (
    <div className="uncertain">
      <ul className="chips" aria-label={t`What is not certain`}>
        {choices.map(({ name, value, look, count }) => (
          <li key={value}>
            <button
              type="button"
              className={`chip tone-${look.tone}`}
              aria-pressed={query.get(name) === value}
              onClick={() => change(name, query.get(name) === value ? '' : value)}
            >
              <Shape name={look.shape} /> {look.word} <b>{count}</b>
            </button>
          </li>
        ))}
        <li>
          <a
            className="chip tone-not_observable"
            title={t`Grants of the last seven days that no camera saw to their end: nobody can say whether one went in`}
            {...linkTo(searchPath(unseen))}
          >
            <Shape name="slash" />{' '}
            <Trans>
              Not observable <b>{counts.not_observable}</b>
            </Trans>
          </a>
        </li>
      </ul>
    </div>
  );
}

function IncidentRow({ incident, selected, to }: { incident: Incident; selected: boolean; to: string }) {
  const row = useRef<HTMLLIElement>(null);
  const siteOf = useSiteOf();
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <li ref={row} className={`incident-row review-${incident.review}`}>
      <a {...linkTo(to)} aria-current={selected ? 'true' : undefined}>
        <span className={`thumb tone-${kindLook(incident.kind).tone}`}>
          {incident.picture_url ? <img src={incident.picture_url} alt="" loading="lazy" /> : null}
        </span>
        <span className="incident-row-text">
          <span className="incident-row-top">
            <KindBadge kind={incident.kind} state={incident.state} />
            <ReviewBadge review={incident.review} />
          </span>
          <span className="incident-counts">{countWords(incident.people, incident.grants)}</span>
          <span className="soft">
            <AtSite site={siteOf(incident)}>
              <Clock at={incident.start} />
            </AtSite>{' '}
            · {incident.door.name}
          </span>
        </span>
      </a>
    </li>
  );
}
