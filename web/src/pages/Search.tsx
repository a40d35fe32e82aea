/** Everything that happened, found by the words in the search box. */

import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useNewest, useSearch } from '../api/searching';
import type { Moment } from '../api/types';
import { Button, Clock, Failure, Loading, PageTitle, useZone } from '../parts/basics';
import { Clothes } from '../parts/Clothes';
import { Shape } from '../parts/icons';
import { momentDetail } from '../parts/MomentRow';
import { searchPath } from '../shell/query';
import { linkTo, navigate } from '../shell/router';
import { useShortcuts } from '../shell/shortcuts';
import { useChosenSite } from '../shell/site';
import { momentLook, outcomeLook } from '../words';
import { AlertMe } from './alerting/AlertMe';
import { byDay, type Look, looksOf, withNewest } from './results';
import { Files } from './searching/Files';
import { Likeness, MoreLikeThis, Ranked } from './searching/Looks';
import { SavedSearches, SaveSearch } from './searching/Saved';
import { Chips, Problems } from './searching/Understood';
import { momentTimeline } from './timeline/address';

const EXAMPLES = ['tailgating', 'tailgating today', 'access granted', 'person in red leaving', 'in the last 3 hours'];

export function SearchPage({ text }: { text: string }) {
  return (
    <div className="search-page">
      <PageTitle>{t`Search`}</PageTitle>
      <SavedSearches text={text} />
      <Results key={text} text={text} />
    </div>
  );
}

function Results({ text }: { text: string }) {
  const site = useChosenSite()?.site_id;
  const search = useSearch(text, site);
  // A ranking stays as it is while one reads it; what is new would be anywhere in it.
  const ranked = Boolean(search.data?.pages[0]?.ranking);
  const newest = useNewest(text, site, search.isSuccess && !ranked);
  const zone = useZone();
  const isWhole = search.isSuccess && !search.hasNextPage;
  const moments = useMemo(() => {
    const pages = search.data?.pages.flatMap((page) => page.moments) ?? [];
    return ranked ? pages : withNewest(pages, newest?.moments ?? [], isWhole);
  }, [search.data, newest, isWhole, ranked]);
  const looks = useMemo(
    () => looksOf([...(search.data?.pages ?? []), ...(newest ? [newest] : [])]),
    [search.data, newest],
  );
  const [selected, setSelected] = useState(-1);
  const select = (step: number) =>
    setSelected((now) => Math.max(0, Math.min(moments.length - 1, now < 0 ? 0 : now + step)));
  useShortcuts({
    j: () => select(1),
    k: () => select(-1),
    Enter: () => {
      const moment = moments[selected];
      const to = moment && (incidentPath(moment) ?? momentTimeline(moment));
      if (to) void navigate(to);
    },
  });
  if (search.isPending) return <Loading what={t`what was found`} />;
  if (search.isError) return <Failure error={search.error} retry={() => void search.refetch()} />;
  const first = search.data.pages[0];
  if (!first) return null;
  const total = Math.max((newest ?? first).total, moments.length);
  let index = -1;
  return (
    <>
      <div className="query">
        <Chips query={first.query} />
        <p className="found" role="status">
          {(newest ?? first).exact
            ? plural(total, { one: '1 moment', other: `${total} moments` })
            : t`at least ${total} moments`}
          {ranked ? t`, the likest first` : text ? '' : t`, newest first`}
        </p>
        <SaveSearch text={text} />
        {ranked ? null : <AlertMe text={text} />}
        {moments.length ? <Files text={text} site={site} /> : null}
      </div>
      <Problems query={first.query} />
      {first.ranking ? <Ranked ranking={first.ranking} /> : null}
      {moments.length ? null : <NothingFound text={text} />}
      {(ranked ? [{ day: '', moments }] : byDay(moments, zone)).map(({ day, moments: ofDay }) => (
        <section key={day} className="day">
          {day ? <h2>{day}</h2> : null}
          <ol className="results">
            {ofDay.map((moment) => {
              index += 1;
              return (
                <Result
                  key={moment.moment_id}
                  moment={moment}
                  selected={index === selected}
                  look={looks.get(moment.moment_id)}
                />
              );
            })}
          </ol>
        </section>
      ))}
      {search.hasNextPage ? (
        <Older more={() => void search.fetchNextPage()} isPending={search.isFetchingNextPage} />
      ) : null}
    </>
  );
}

/** Older results come as one scrolls to them; the button is for who does not scroll. */
function Older({ more, isPending }: { more: () => void; isPending: boolean }) {
  const end = useRef<HTMLDivElement>(null);
  const latest = useRef(more);
  latest.current = more;
  useEffect(() => {
    const watcher = new IntersectionObserver(([seen]) => seen?.isIntersecting && latest.current(), {
      rootMargin: '600px',
    });
    if (end.current && !isPending) watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [isPending]);
  return (
    <div ref={end}>
      <Button onPress={more} isPending={isPending}>
        {t`Show older`}
      </Button>
    </div>
  );
}

function NothingFound({ text }: { text: string }) {
  return (
    <div className="notice empty">
      <p className="notice-title">{text ? t`Nothing matches “${text}”` : t`Nothing has been recorded yet`}</p>
      <p>
        <Trans>Doors, people, kinds of events and times can be combined. For example:</Trans>
      </p>
      <ul className="chips">
        {EXAMPLES.map((example) => (
          <li key={example}>
            <a className="chip" {...linkTo(searchPath(example))}>
              {example}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Result({ moment, selected, look: likeness }: { moment: Moment; selected: boolean; look?: Look | undefined }) {
  const zone = useZone();
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) item.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  const look = momentLook(moment);
  const outcome = moment.kind === 'crossing' && moment.outcome ? outcomeLook(moment.outcome).word : '';
  const inner = (
    <>
      <span className={`thumb tone-${look.tone}`}>
        {moment.picture_url ? <img src={moment.picture_url} alt="" loading="lazy" /> : <Shape name={look.shape} />}
      </span>
      <span className="result-text">
        <span className={`result-title tone-${look.tone}`}>
          <Shape name={look.shape} /> {moment.title}
        </span>
        <span className="result-detail">{momentDetail(moment, zone) || outcome}</span>
        <Clothes seen={moment} />
        <Likeness score={likeness?.score} />
        <span className="soft">
          <Clock at={moment.at} day={likeness?.score ? 'auto' : 'never'} /> {moment.door?.name ?? ''}
          {moment.cameras.length ? ` · ${moment.cameras.map((camera) => camera.name).join(', ')}` : ''}
        </span>
      </span>
    </>
  );
  const incident = incidentPath(moment);
  const timeline = momentTimeline(moment);
  const to = incident ?? timeline;
  return (
    <li ref={item} className={selected ? 'selected' : ''} data-kind={moment.kind}>
      {to ? (
        <a className="result" {...linkTo(to)}>
          {inner}
        </a>
      ) : (
        <div className="result">{inner}</div>
      )}
      <span className="result-more">
        {incident && timeline ? (
          <a className="result-timeline" {...linkTo(timeline)}>
            <Trans>Timeline</Trans>
          </a>
        ) : null}
        {likeness?.known ? <MoreLikeThis moment={moment} /> : null}
      </span>
    </li>
  );
}

function incidentPath(moment: Moment): string | null {
  return moment.incident_id ? `/incidents/${encodeURIComponent(moment.incident_id)}` : null;
}
