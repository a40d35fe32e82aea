/** The mail of an account as it is edited: texts that may be half written, one for each door that has its own. */
import type { AlertSettings, AlertsInput, AlertWords, TemplateProblem } from '../../../api/alerts';

export interface Draft extends Omit<AlertsInput, 'template' | 'doors' | 'recipients'> {
  /** The words for all doors that have none of their own; an empty text means off. */
  words: AlertWords;
  /** By door; an empty text means that nothing is mailed of it. */
  own: Record<string, AlertWords>;
  recipients: string;
}

export const NO_WORDS: AlertWords = { subject: '', body: '' };

/** Addresses out of lines, commas or semicolons; each once. */
export function addressesIn(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

export function draftOf(stored: AlertSettings): Draft {
  return {
    words: stored.template ?? NO_WORDS,
    own: Object.fromEntries(stored.doors?.map((door) => [door.door_id, door.template ?? NO_WORDS]) ?? []),
    recipients: stored.recipients?.join('\n') ?? '',
    at_once: stored.at_once ?? [],
    sender: stored.sender ?? { address: '', name: '', reply_to: '' },
    link_days: stored.link_days ?? 14,
    storm: stored.storm ?? 20,
    fire_inhibits: stored.fire_inhibits ?? true,
    overdue: stored.overdue ?? { minutes: 0, recipients: [], times: 1 },
  };
}

/** What is kept of a draft. */
export function inputOf(draft: Draft): AlertsInput {
  const { words, own, recipients, ...rest } = draft;
  return {
    ...rest,
    template: kept(words),
    doors: Object.entries(own).map(([door_id, template]) => ({ door_id, template: kept(template) })),
    recipients: addressesIn(recipients),
  };
}

export function sameDraft(a: Draft, b: Draft): boolean {
  return JSON.stringify(inputOf(a)) === JSON.stringify(inputOf(b));
}

function kept(words: AlertWords): AlertWords | null {
  return words.body.trim() ? words : null;
}

/** Where a problem begins and ends in a text of the browser, which counts halves of characters that the server does not. */
export function rangeOf(text: string, problem: Pick<TemplateProblem, 'offset' | 'length'>): [number, number] {
  const letters = [...text];
  const start = letters.slice(0, problem.offset).join('').length;
  return [start, start + letters.slice(problem.offset, problem.offset + problem.length).join('').length];
}
