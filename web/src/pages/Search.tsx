/** Everything that happened, found by the words in the search box. */

import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useSearch } from '../api/queries';
import type { Moment } from '../api/types';
import { Button, Clock, Failure, Loading, PageTitle, useZone } from '../parts/basics';
import { Shape } from '../parts/icons';
import { momentDetail } from '../parts/MomentRow';
import { searchPath } from '../shell/query';
import { linkTo, navigate } from '../shell/router';
import { useShortcuts } from '../shell/shortcuts';
import { useChosenSite } from '../shell/site';
import { momentLook, outcomeLook, plain } from '../words';
import { AlertMe } from './alerting/AlertMe';
import { byDay, withoutChip } from './results';

const EXAMPLES = ['tailgating', 'tailgating today', 'access granted', 'unauthorized access', 'in the last 3 hours'];

export function SearchPage({ text }: { text: string }) {
  return (
    <div className="search-page">
      <PageTitle>{t`Search`}</PageTitle>
      <Results key={text} text={text} />
    </div>
  );
}

function Results({ text }: { text: string }) {
  const search = useSearch(text, useChosenSite()?.site_id);
  const zone = useZone();
  const moments = useMemo(() => search.data?.pages.flatMap((page) => page.moments) ?? [], [search.data]);
  const [selected, setSelected] = useState(-1);
  const select = (step: number) =>
    setSelected((now) => Math.max(0, Math.min(moments.length - 1, now < 0 ? 0 : now + step)));
  useShortcuts({
    j: () => select(1),
    k: () => select(-1),
    Enter: () => {
      const id = moments[selected]?.incident_id;
      if (id) void navigate(`/incidents/${encodeURIComponent(id)}`);
    },
  });
  if (search.isPending) return <Loading what={t`what was found`} />;
  if (search.isError) return <Failure error={search.error} retry={() => void search.refetch()} />;
  const first = search.data.pages[0];
  if (!first) return null;
  let index = -1;
  return (
    <>
      <div className="query">
        <ul className="chips" aria-label={t`How the search was understood`}>
          {first.query.chips.map((chip) => (
            <li key={`${chip.kind} ${chip.text}`} className="chip">
              <span className="soft">{plain(chip.kind)}</span> {chip.value || chip.text}
              <a {...linkTo(searchPath(withoutChip(text, chip)))}>
                <span className="hidden">
                  <Trans>Without {chip.text}</Trans>
                </span>
                <Shape name="close" />
              </a>
            </li>
          ))}
        </ul>
        <p className="found" role="status">
          {plural(first.total, { one: '1 moment', other: `${first.total} moments` })}
          {text ? '' : t`, newest first`}
        </p>
        <AlertMe text={text} />
      </div>
      {first.query.problems.map((problem) => (
        <p key={problem} className="problem" role="alert">
          <Shape name="question" /> {problem}
        </p>
      ))}
      {moments.length ? null : <NothingFound text={text} />}
      {byDay(moments, zone).map(({ day, moments: ofDay }) => (
        <section key={day} className="day">
          <h2>{day}</h2>
          <ol className="results">
            {ofDay.map((moment) => {
              index += 1;
              return <Result key={moment.moment_id} moment={moment} selected={index === selected} />;
            })}
          </ol>
        </section>
      ))}
      {search.hasNextPage ? (
        <Button onPress={() => void search.fetchNextPage()} isPending={search.isFetchingNextPage}>
          {t`Show older`}
        </Button>
      ) : null}
    </>
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

function Result({ moment, selected }: { moment: Moment; selected: boolean }) {
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
        <span className="result-detail">{momentDetail(moment) || outcome}</span>
        <span className="soft">
          <Clock at={moment.at} day="never" /> {moment.door?.name ?? ''}
          {moment.cameras.length ? ` · ${moment.cameras.map((camera) => camera.name).join(', ')}` : ''}
        </span>
      </span>
    </>
  );
  return (
    <li ref={item} className={selected ? 'selected' : ''} data-kind={moment.kind}>
      {moment.incident_id ? (
        <a className="result" {...linkTo(`/incidents/${encodeURIComponent(moment.incident_id)}`)}>
          {inner}
        </a>
      ) : (
        <div className="result">{inner}</div>
      )}
    </li>
  );
}
