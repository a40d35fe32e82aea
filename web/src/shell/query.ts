/** The text of a search while it is typed, and its address. */

/** A suggestion completes the whole text when it starts with it, else the word that is being typed. */
export function complete(text: string, suggestion: string): string {
  if (suggestion.toLowerCase().startsWith(text.trim().toLowerCase())) return suggestion;
  const before = text.replace(/\S*$/, '');
  return `${before}${suggestion}`;
}

export const searchPath = (text: string) => (text.trim() ? `/search?q=${encodeURIComponent(text.trim())}` : '/search');
