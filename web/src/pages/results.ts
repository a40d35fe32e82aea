/** What was found, put in order for the page; and a query with a piece taken out. */
import type { Chip, Moment } from '../api/types';
import { dayText, fromIso } from '../time';

/** The query without the piece of text that a chip was made of. */
export function withoutChip(text: string, chip: Chip): string {
  const at = text.toLowerCase().indexOf(chip.text.toLowerCase());
  if (at < 0) return text;
  return `${text.slice(0, at)} ${text.slice(at + chip.text.length)}`.replace(/\s+/g, ' ').trim();
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
