/** How the product's terms are shown: the word, the shape and the colour of each kind, outcome and event. */
import { plural, t } from '@lingui/core/macro';
import type { Moment } from './api/types';
import { markOf } from './live/trails';
import { MARK_SHAPE, type ShapeName } from './parts/icons';

export interface Look {
  word: string;
  shape: ShapeName;
  /** Name of a colour token. */
  tone: string;
}

const KINDS: Record<string, Look> = {
  tailgating: { word: t`Tailgating`, shape: 'two', tone: 'excess' },
  unauthorized_entry: { word: t`Unauthorized entry`, shape: 'stranger', tone: 'intruder' },
  entry_after_refusal: { word: t`Entry after refusal`, shape: 'refused', tone: 'refused' },
  possible_tailgating: { word: t`Possible tailgating`, shape: 'question', tone: 'possible' },
};

/** `some_kind` or `SomeKind` in plain words. */
export function plain(name: string): string {
  const spaced = name
    .replace(/_/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export function kindLook(kind: string): Look {
  return KINDS[kind] ?? { word: plain(kind), shape: 'flag', tone: 'possible' };
}

export const KIND_NAMES = Object.keys(KINDS);

const OUTCOMES: Record<string, string> = {
  admitted: t`Admitted`,
  excess: t`Without a grant`,
  possible: t`Possibly without a grant`,
  unlocked: t`Door was unlocked`,
  turned_back: t`Turned back`,
  uncontrolled: t`No grant needed`,
  not_observable: t`Not observable`,
};

export function outcomeLook(outcome: string | null | undefined): Look {
  const mark = markOf(outcome);
  const shape = outcome === 'turned_back' ? 'back' : MARK_SHAPE[mark];
  return { word: outcome ? (OUTCOMES[outcome] ?? plain(outcome)) : t`Undecided`, shape, tone: mark };
}

const STATES: Record<string, string> = {
  provisional: t`provisional: may still change`,
  final: t`final`,
  unconfirmed: t`unconfirmed: the access control system was not covered`,
  explained: t`explained by a later event`,
  withdrawn: t`withdrawn`,
};

const STATE_NAMES: Record<string, string> = {
  provisional: t`provisional`,
  final: t`final`,
  unconfirmed: t`unconfirmed`,
  explained: t`explained`,
  withdrawn: t`withdrawn`,
};

/** An incident's state in one word. */
export const stateName = (state: string): string => STATE_NAMES[state] ?? plain(state);

/** An incident's state and what it means. */
export const stateWords = (state: string): string => STATES[state] ?? plain(state);

function eventLook(type: string): Look {
  const word = plain(type);
  const name = type.toLowerCase();
  if (/grant|entryunlocked/.test(name)) return { word, shape: 'card', tone: 'granted' };
  if (/unlock/.test(name)) return { word, shape: 'openLock', tone: 'unlocked' };
  if (/forced|held|ajar|whilelocksecure/.test(name)) return { word, shape: 'door', tone: 'possible' };
  if (/refus|denied|unknown|invalid|expired|stolen|lost|inactive|violation|interlock/.test(name)) {
    return { word, shape: 'refused', tone: 'refused' };
  }
  return { word, shape: 'door', tone: 'soft' };
}

/** The look of one searchable thing. */
export function momentLook(moment: Moment): Look {
  switch (moment.kind) {
    case 'incident': {
      const named = moment.labels.find((label) => label.toLowerCase().replace(/ /g, '_') in KINDS);
      const kind = KIND_NAMES.find((name) => kindLook(name).word.toLowerCase() === moment.title.toLowerCase());
      return kindLook(kind ?? named?.toLowerCase().replace(/ /g, '_') ?? 'tailgating');
    }
    case 'crossing': {
      const look = outcomeLook(moment.outcome);
      if (look.tone !== 'neutral' || moment.outcome === 'turned_back') return look;
      return { ...look, shape: moment.direction === 'out' ? 'out' : 'in', tone: 'soft' };
    }
    case 'access_event':
      return eventLook(moment.event_type ?? moment.title);
    default:
      return { word: plain(moment.kind), shape: 'pulse', tone: 'not_observable' };
  }
}

/** `2 people, 1 grant`. */
export function countWords(people: number, grants: number): string {
  return `${people} ${plural(people, { one: 'person', other: 'people' })}, ${grants} ${plural(grants, { one: 'grant', other: 'grants' })}`;
}
