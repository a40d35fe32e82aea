/** How a search was understood, as chips: each can be changed in the box, or taken out; and what was not understood. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { components } from '../../api/schema';
import { Shape } from '../../parts/icons';
import { editSearch } from '../../shell/editing';
import { searchPath } from '../../shell/query';
import { linkTo } from '../../shell/router';
import { plain } from '../../words';
import { withoutChip } from '../results';

type Query = components['schemas']['QueryShape'];

export function Chips({ query }: { query: Query }) {
  return (
    <ul className="chips" aria-label={t`How the search was understood`}>
      {query.chips.map((chip) => (
        <li key={chip.start} className={chip.kind === 'text' ? 'chip chip-unknown' : 'chip'}>
          <button
            type="button"
            className="chip-text"
            aria-label={t`Change ${chip.text}`}
            onClick={() => editSearch(chip.start, chip.end)}
          >
            <span className="soft">{chip.kind === 'text' ? t`not known, in texts` : plain(chip.kind)}</span>{' '}
            {chip.value || chip.text}
          </button>
          <a {...linkTo(searchPath(withoutChip(query.text, chip)))}>
            <span className="hidden">
              <Trans>Without {chip.text}</Trans>
            </span>
            <Shape name="close" />
          </a>
        </li>
      ))}
    </ul>
  );
}

export function Problems({ query }: { query: Query }) {
  return query.problems.map((problem) => (
    <p key={problem} className="problem" role="alert">
      <Shape name="question" /> {problem}
    </p>
  ));
}
