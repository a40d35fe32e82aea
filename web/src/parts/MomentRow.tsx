/** One moment as a line: when, what (shape and word), where; incidents stand out and can be opened. */
import { memo } from 'react';
import type { Moment } from '../api/types';
import { momentTimeline } from '../pages/timeline/address';
import { linkTo } from '../shell/router';
import { withTimes } from '../time';
import { countWords, momentLook } from '../words';
import { Clock, useZone } from './basics';
import { Clothes } from './Clothes';
import { Shape } from './icons';

/** What was seen, in the fewest words: who, how many, which way; times as in `zone`. */
export function momentDetail(moment: Moment, zone: string): string {
  if (moment.kind === 'incident' && moment.people != null && moment.grants != null) {
    return countWords(moment.people, moment.grants);
  }
  const who = moment.actor_name;
  const detail = withTimes(moment.detail, zone);
  const told = [who && !detail.includes(who) ? who : '', detail].filter(Boolean).join(' · ');
  // What the rule made of a crossing is all there is to say of many; the word of an event is its title.
  return told || (moment.kind === 'crossing' ? momentLook(moment).word.toLowerCase() : '');
}

export const MomentRow = memo(function MomentRow({ moment }: { moment: Moment }) {
  const zone = useZone();
  const look = momentLook(moment);
  const inner = (
    <>
      <Clock at={moment.at} />
      <span className={`moment-shape tone-${look.tone}`}>
        <Shape name={look.shape} />
      </span>
      <span className="moment-text">
        <span className="moment-title">{moment.title}</span>
        <span className="moment-detail">
          {momentDetail(moment, zone)}
          {moment.kind === 'crossing' ? <Clothes seen={moment} /> : null}
        </span>
      </span>
      <span className="moment-door">
        {moment.door?.name ?? moment.cameras[0]?.name ?? ''}
        {moment.kind === 'access_event' && moment.picture_url ? (
          <img src={moment.picture_url} alt="" loading="lazy" />
        ) : null}
      </span>
    </>
  );
  const className = `moment kind-${moment.kind} tone-${look.tone} state-${moment.state ?? 'none'}`;
  const to = moment.incident_id ? `/incidents/${encodeURIComponent(moment.incident_id)}` : momentTimeline(moment);
  if (!to) return <div className={className}>{inner}</div>;
  return (
    <a className={className} {...linkTo(to)}>
      {inner}
    </a>
  );
});
