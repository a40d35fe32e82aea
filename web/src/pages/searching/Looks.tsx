/** Searching by looks: how a ranking came about, how much a result stands out, and the way to others like it. */

import { plural, t } from '@lingui/core/macro';
import type { components } from '../../api/schema';
import type { Moment } from '../../api/types';
import { searchPath } from '../../shell/query';
import { linkTo } from '../../shell/router';

type Score = components['schemas']['LikenessShape'];

export function Ranked({ ranking }: { ranking: components['schemas']['RankingShape'] }) {
  const { compared, whole, left_out } = ranking;
  return (
    <p className="ranking soft">
      {whole
        ? t`Ranked by looks, not by time: everything that matches is in the list, also what is not alike.`
        : t`Ranked by looks: only the newest ${compared} that match were compared. Add a time, a door or a camera.`}{' '}
      {left_out
        ? plural(left_out, {
            one: '# moment was seen by another model and is left out.',
            other: '# moments were seen by another model and are left out.',
          })
        : null}
    </p>
  );
}

export function Likeness({ score }: { score?: Score | undefined }) {
  if (!score?.stands_out) return null;
  return (
    <span className={`likeness likeness-${score.stands_out}`} title={t`Cosine ${score.cosine.toFixed(2)}`}>
      {words(score.stands_out)}
    </span>
  );
}

function words(stands_out: NonNullable<Score['stands_out']>): string {
  return {
    clearly: t`stands out clearly`,
    somewhat: t`stands out somewhat`,
    hardly: t`hardly stands out`,
    not: t`less alike than most`,
  }[stands_out];
}

/** A search for moments whose pictures are like that of one. */
export function MoreLikeThis({ moment }: { moment: Moment }) {
  return (
    <a className="result-timeline likeness-way" {...linkTo(searchPath(likeThis(moment)))}>
      {t`More like this`}
      <span className="hidden">: {moment.title}</span>
    </a>
  );
}

function likeThis(moment: Moment): string {
  return `like:${/\s/.test(moment.moment_id) ? `"${moment.moment_id}"` : moment.moment_id}`;
}
