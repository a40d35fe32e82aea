/** What a drop-down offers of a long list while somebody types. */

export interface Choice {
  id: string;
  name: string;
  /** Another name under which it is found, such as an id. */
  also?: string;
  /** What stands beside its name. */
  note?: string;
  /** Chosen already: choosing it again takes it away. */
  chosen?: boolean;
}

const MOST_OPTIONS = 60;

/** The choices that match a text, those that begin with it first, and how many more there are than can be shown. */
export function offered(choices: readonly Choice[], text: string): { choices: Choice[]; more: number } {
  const wanted = text.trim().toLowerCase();
  const first: Choice[] = [];
  const rest: Choice[] = [];
  for (const choice of choices) {
    const name = choice.name.toLowerCase();
    if (name.startsWith(wanted)) first.push(choice);
    else if (name.includes(wanted) || choice.also?.toLowerCase().includes(wanted)) rest.push(choice);
  }
  const all = [...first, ...rest];
  return { choices: all.slice(0, MOST_OPTIONS), more: Math.max(0, all.length - MOST_OPTIONS) };
}
