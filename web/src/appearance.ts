/** How somebody looked, in words. */
import { t } from '@lingui/core/macro';

export interface Seen {
  upper?: string | null;
  lower?: string | null;
  dwell_s?: number | null;
  carried?: string[];
}

const COLOURS: Record<string, string> = {
  black: t`black`,
  white: t`white`,
  grey: t`grey`,
  red: t`red`,
  green: t`green`,
  blue: t`blue`,
  yellow: t`yellow`,
  orange: t`orange`,
  purple: t`purple`,
  brown: t`brown`,
  pink: t`pink`,
};

const CARRIED: Record<string, string> = {
  backpack: t`with a backpack`,
  handbag: t`with a handbag`,
  suitcase: t`with a suitcase`,
};

const colourName = (colour: string) => COLOURS[colour] ?? colour;

/** `12 s`, `2 min 5 s`; whole seconds, as searches count them. */
export function dwellWords(seconds: number): string {
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes ? t`${minutes} min ${whole % 60} s` : t`${whole} s`;
}

function clothesWords(upper: string | null, lower: string | null): string {
  if (upper && lower) {
    return upper === lower ? t`in ${colourName(upper)}` : t`in ${colourName(upper)} over ${colourName(lower)}`;
  }
  if (upper) return t`in ${colourName(upper)}`;
  return lower ? t`${colourName(lower)} below the waist` : '';
}

/** Colours, bags and time in one phrase; empty when none of it is known. */
export function seenWords({ upper = null, lower = null, dwell_s: dwell = null, carried = [] }: Seen): string {
  const stayed = dwell === null ? '' : t`seen for ${dwellWords(dwell)}`;
  const bags = carried.map((thing) => CARRIED[thing] ?? t`with: ${thing}`);
  return [clothesWords(upper, lower), ...bags, stayed].filter(Boolean).join(', ');
}
