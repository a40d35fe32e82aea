/** What was found, put in order for the page; and a query with a piece taken out. */
import type { components } from '../api/schema';
import type { Chip, Moment } from '../api/types';
import { dayText, fromIso } from '../time';

/** The query without the characters that a chip was made of. */
export function withoutChip(text: string, chip: Pick<Chip, 'start' | 'end'>): string {
  return `${text.slice(0, chip.start)} ${text.slice(chip.end)}`.replace(/\s+/g, ' ').trim();
}

/** The pages so far with what has come since: the newest first, each moment once, as it was told last. */
export function withNewest(pages: readonly Moment[], newest: readonly Moment[], isWhole: boolean): Moment[] {
  const told = new Map(newest.map((moment) => [moment.moment_id, moment]));
  const last = pages.at(-1);
  const known = pages.map((moment) => told.get(moment.moment_id) ?? moment);
  const ids = new Set(pages.map((moment) => moment.moment_id));
  // What is older than all that is shown belongs to a page that was not asked for yet.
  const fresh = newest.filter((one) => !ids.has(one.moment_id) && (isWhole || !last || one.at >= last.at));
  return [...known, ...fresh].sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}

/** Moments of one day after another, in the zone of the site. */
export function byDay(moments: readonly Moment[], zone: string): { day: string; moments: Moment[] }[] {
  const days: { day: string; moments: Moment[] }[] = [];
  for (const moment of moments) {
    const day = dayText(fromIso(moment.at), zone);
    const last = days.at(-1);
    if (last?.day === day) last.moments.push(moment);
    else days.push({ day, moments: [moment] });
  }
  return days;
}

type Page = Pick<components['schemas']['SearchResult'], 'ranking' | 'looks_known'>;
/** How much a moment is like what was looked for, and whether others can be found that are like it. */
export type Look = { score?: components['schemas']['LikenessShape'] | undefined; known: boolean };

/** What pages of results tell of how their moments look. */
export function looksOf(pages: readonly Page[]): Map<string, Look> {
  const looks = new Map<string, Look>();
  for (const page of pages) {
    for (const score of page.ranking?.scores ?? []) looks.set(score.moment_id, { score, known: false });
    for (const id of page.looks_known) looks.set(id, { ...looks.get(id), known: true });
  }
  return looks;
}
