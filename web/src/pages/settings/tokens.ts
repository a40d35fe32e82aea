/** What there is to know about tokens, without looks. */
import { t } from '@lingui/core/macro';
import type { Token } from '../../api/types';
import { fromIso, type Micros } from '../../time';

/** Days for which a new token works, as the form offers them. */
export const LIVES: [string, string][] = [
  ['', t`until it is revoked`],
  ['30', t`for 30 days`],
  ['90', t`for 90 days`],
  ['365', t`for a year`],
];

/** Hours for which the former secret works beside the new one. */
export const OVERLAPS: [number, string][] = [
  [0, t`end at once`],
  [1, t`work for an hour more`],
  [24, t`work for a day more`],
  [168, t`work for a week more`],
];

const SOON = 14 * 86_400_000_000;

export type TokenState = 'good' | 'two' | 'ending' | 'expired';

/** The one thing about a token that its line should say first. */
export function tokenState(token: Token, now: Micros): TokenState {
  if (token.expired || (token.expires_at && fromIso(token.expires_at) <= now)) return 'expired';
  if (token.former_until && fromIso(token.former_until) > now) return 'two';
  return token.expires_at && fromIso(token.expires_at) - now < SOON ? 'ending' : 'good';
}
