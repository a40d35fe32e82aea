/** A part of the search that is to be changed: the box takes the focus and selects it. */

type Listener = (start: number, end: number) => void;

const listeners = new Set<Listener>();

export function editSearch(start: number, end: number): void {
  for (const listener of listeners) listener(start, end);
}

export function onEditSearch(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
