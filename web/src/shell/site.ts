/** The site in whose zone this browser shows times, where an account has several; the choice stays in this browser. */
import { useSyncExternalStore } from 'react';
import { useSession } from '../api/queries';
import type { Session } from '../api/types';

export type Site = Session['site'];

const KEY = 'doorwatch.site';
const listeners = new Set<() => void>();

/** The id of the site that was chosen in this browser; empty for all of them. Not yet held against the account's sites. */
export function keptSite(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

let chosen = keptSite();

/** Chooses a site by its id; an empty one chooses all of them, in the zone of the account's first. */
export function chooseSite(id: string): void {
  chosen = id;
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // A browser that keeps nothing still shows the site until it is closed.
  }
  for (const listener of listeners) listener();
}

/** The site that was chosen; null for all of them, and for an account with one. */
export function useChosenSite(): Site | null {
  const id = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
  const sites = useSession().data?.sites ?? [];
  return sites.length > 1 ? (sites.find((site) => site.site_id === id) ?? null) : null;
}
