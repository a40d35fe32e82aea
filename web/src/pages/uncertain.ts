/** The choices of the queue for what the rule is not sure of, or took back. */
import { t } from '@lingui/core/macro';
import type { IncidentCounts } from '../api/types';
import { kindLook, type Look } from '../words';

export interface Choice {
  /** The name and the value in the page's address. */
  name: 'kind' | 'state';
  value: string;
  look: Look;
  count: number;
}

export function uncertainOf(counts: IncidentCounts): Choice[] {
  return [
    {
      name: 'kind',
      value: 'possible_tailgating',
      look: kindLook('possible_tailgating'),
      count: counts.kinds.possible_tailgating ?? 0,
    },
    {
      name: 'state',
      value: 'unconfirmed',
      look: { word: t`Unconfirmed`, shape: 'dot', tone: 'possible' },
      count: counts.states.unconfirmed ?? 0,
    },
    {
      name: 'state',
      value: 'explained',
      look: { word: t`Explained`, shape: 'back', tone: 'soft' },
      count: counts.explained,
    },
  ];
}
