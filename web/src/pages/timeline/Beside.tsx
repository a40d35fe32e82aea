/** Beside the pictures: why the rule says what it says of the incident that one looks at, and all that happened. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { useIncident } from '../../api/queries';
import { Button, Clock, KindBadge, ReviewBadge, useZone } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { momentDetail } from '../../parts/MomentRow';
import type { Playhead } from '../../replay/playhead';
import { usePlayhead } from '../../replay/usePlayhead';
import { linkTo } from '../../shell/router';
import { fromIso, type Micros, SECOND } from '../../time';
import { countWords, kindLook, momentLook } from '../../words';
import { CourseList } from '../incident/CourseList';
import { Explanation } from '../incident/Explanation';
import { beside, incidentAt, type Placed } from './lanes';

const NEAR = 20 * SECOND;
const MOST = 300;
/** An entry is watched from a little before it. */
const BEFORE = 1.5 * SECOND;

interface Props {
  all: readonly Placed[];
  more: boolean;
  playhead: Playhead;
}

export function Beside({ all, more, playhead }: Props) {
  const { at } = usePlayhead(playhead);
  const near = incidentAt(all, at, NEAR);
  const go = (to: Micros) => playhead.go(to);
  return (
    <aside className="beside" aria-label={t`What happened`}>
      {near?.moment.incident_id ? <Verdict id={near.moment.incident_id} go={go} /> : null}
      <Happenings all={all} at={at} go={go} />
      {more ? <p className="soft small">{t`There was more than is listed: show a shorter time.`}</p> : null}
    </aside>
  );
}

function Verdict({ id, go }: { id: string; go: (at: Micros) => void }) {
  const incident = useIncident(id).data;
  if (!incident) return null;
  return (
    <section className="beside-verdict" aria-label={t`Why this is an incident`}>
      <header>
        <KindBadge kind={incident.kind} state={incident.state} />
        <ReviewBadge review={incident.review} />
        <a {...linkTo(`/incidents/${encodeURIComponent(id)}`)}>{t`Review it`}</a>
      </header>
      <p className="verdict">
        <strong className={`tone-${kindLook(incident.kind).tone}`}>
          {countWords(incident.people, incident.grants)}
        </strong>
        <span>{incident.reason}</span>
      </p>
      <CourseList incident={incident} onSeek={(at) => go(fromIso(at) - BEFORE)} />
      <Explanation incident={incident} />
    </section>
  );
}

function Happenings({ all, at, go }: { all: readonly Placed[]; at: Micros; go: (at: Micros) => void }) {
  const zone = useZone();
  const list = useRef<HTMLOListElement>(null);
  const current = beside(all, at + 100_000, -1);
  const currentId = current && at - current.at < 60 * SECOND ? current.moment.moment_id : null;
  const shown = nearest(all, at);
  useEffect(() => {
    const row = list.current?.querySelector('[aria-current]');
    // Only the list moves: whoever scrolled the page stays where they are.
    if (row instanceof HTMLElement && list.current) {
      list.current.scrollTop = row.offsetTop - list.current.offsetTop - list.current.clientHeight / 3;
    }
    void currentId;
  }, [currentId]);
  if (!all.length) {
    return (
      <p className="soft">
        <Trans>Nothing happened in this time, or it lies longer back than moments are told one by one.</Trans>
      </p>
    );
  }
  return (
    <ol className="happenings" ref={list} aria-label={t`Moments, the oldest first`}>
      {shown.map(({ moment, at: when }) => {
        const look = momentLook(moment);
        return (
          <li key={moment.moment_id} aria-current={moment.moment_id === currentId ? 'true' : undefined}>
            <Button tone="quiet" className={`happening tone-${look.tone}`} onPress={() => go(when - BEFORE)}>
              <Clock at={when} day="never" />
              <span className="moment-shape">
                <Shape name={look.shape} />
              </span>
              <span>
                {moment.title} <span className="soft">{momentDetail(moment, zone)}</span>
              </span>
            </Button>
          </li>
        );
      })}
    </ol>
  );
}

/** At most so many, those around a moment. */
function nearest(all: readonly Placed[], at: Micros): readonly Placed[] {
  if (all.length <= MOST) return all;
  const here = all.findIndex((one) => one.at >= at);
  const from = Math.max(0, Math.min(all.length - MOST, (here < 0 ? all.length : here) - MOST / 2));
  return all.slice(from, from + MOST);
}
