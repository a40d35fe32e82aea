/**
 * Times as the page keeps and shows them: microseconds since 1970 UTC inside (a double holds them exactly until
 * the year 2255), wall clock of the site's zone on screen.
 */
import { t } from '@lingui/core/macro';
export type Micros = number;

export const SECOND = 1_000_000;

const ISO = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

/** An ISO 8601 time with zone as microseconds; NaN when it is not one. */
export function fromIso(text: string): Micros {
  const match = ISO.exec(text);
  if (!match) return Number.NaN;
  const [, seconds, fraction = '', zone] = match;
  return Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });
    formats.set(key, made);
  }
  return made;
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };

/** `18:02:11` in the zone. */
export function clockText(at: Micros, zone: string): string {
  return format(zone, 'clock', CLOCK).format(at / 1000);
}

/** `Mon 23 Nov` in the zone; with the year when it is not this one. */
export function dayText(at: Micros, zone: string, now: Micros = Date.now() * 1000): string {
  const year = (us: Micros) => format(zone, 'year', { year: 'numeric' }).format(us / 1000);
  const withYear = year(at) !== year(now);
  return format(zone, withYear ? 'day-year' : 'day', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(withYear ? { year: 'numeric' } : {}),
  })
    .format(at / 1000)
    .replace(',', '');
}

const WRITTEN = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z/g;

/** A sentence of the server with its UTC times put as the page shows times: `18:02:11`, with the day where it is another. */
export function withTimes(sentence: string, zone: string, now: Micros = Date.now() * 1000): string {
  return sentence.replace(WRITTEN, (written) => momentText(fromIso(written), zone, now));
}

/** The same where times of several zones may be meant: `18:02:11 CET`. */
export function withZonedTimes(sentence: string, zone: string, now: Micros = Date.now() * 1000): string {
  return sentence.replace(WRITTEN, (written) => {
    const at = fromIso(written);
    return `${momentText(at, zone, now)} ${zoneText(at, zone)}`;
  });
}

function momentText(at: Micros, zone: string, now: Micros): string {
  return sameDay(at, now, zone) ? clockText(at, zone) : `${dayText(at, zone, now)} ${clockText(at, zone)}`;
}

/** What a zone is called at a time, in short: `CET`, `GMT-5`. */
export function zoneText(at: Micros, zone: string): string {
  const parts = format(zone, 'zone', { timeZoneName: 'short' }).formatToParts(at / 1000);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}

/** Whether two times fall on one day of the zone. */
export function sameDay(a: Micros, b: Micros, zone: string): boolean {
  const day = format(zone, 'date', { year: 'numeric', month: '2-digit', day: '2-digit' });
  return day.format(a / 1000) === day.format(b / 1000);
}

/** Everything that a hover tells: day, clock to the millisecond, zone, and the same in UTC. */
export function fullText(at: Micros, zone: string): string {
  const whole = format(zone, 'full', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    ...CLOCK,
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  }).format(at / 1000);
  return t`${whole} (${zone})\n${new Date(at / 1000).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** `now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function agoText(at: Micros, now: Micros): string {
  const seconds = Math.max(0, Math.round((now - at) / SECOND));
  if (seconds < 5) return t`now`;
  if (seconds < 60) return t`${seconds} s ago`;
  if (seconds < 3600) return t`${Math.floor(seconds / 60)} min ago`;
  if (seconds < 2 * 86_400) return t`${Math.floor(seconds / 3600)} h ago`;
  return t`${Math.floor(seconds / 86_400)} days ago`;
}

/** `2026-11-23T18:02:11`: wall clock of the zone, as a field for a time takes it. */
export function toLocal(at: Micros, zone: string): string {
  const date = format(zone, 'iso-date', { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at / 1000);
  const part = (type: string) => date.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}T${clockText(at, zone)}`;
}

/** The moment at which clocks in the zone show that; NaN when it is no time. Of an hour that comes twice, the first. */
export function fromLocal(text: string, zone: string): Micros {
  const wanted = Date.parse(`${text}Z`) * 1000;
  if (!Number.isFinite(wanted)) return Number.NaN;
  const shownAt = (at: Micros) => Date.parse(`${toLocal(at, zone)}Z`) * 1000;
  // Twice, since the first guess may lie on the other side of a change of the clocks.
  let at = wanted;
  for (let turn = 0; turn < 2; turn += 1) at += wanted - shownAt(at);
  return at;
}
