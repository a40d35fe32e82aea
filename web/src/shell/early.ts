/**
 * Asks for what the page of an address shows while it is still asked who is signed in: beside each other, not one after
 * the other. Only where somebody was signed in before: nobody else would be told anything.
 */
import type { QueryClient } from '@tanstack/react-query';
import { mappingQuery } from '../api/integrations';
import { camerasQuery, doorPortionQuery, outlinesQuery, sessionQuery } from '../api/queries';
import { searchQuery } from '../api/searching';
import { PORTION } from '../pages/doors/portion';
import { keptSite } from './site';

const KEY = 'doorwatch.here';

/** Remembers whether somebody is signed in, and nothing else of them. */
export function rememberSession(somebody: boolean): void {
  try {
    if (somebody) localStorage.setItem(KEY, '1');
    else localStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing asks one after the other.
  }
}

function wasHere(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** Begins to fetch. Whatever is refused or fails is asked for again by the part that shows it, which says so. */
export function askEarly(cache: QueryClient, path: string, query: string): void {
  void cache.prefetchQuery(sessionQuery);
  if (!wasHere()) return;
  switch (path) {
    case '/search':
      void cache.prefetchInfiniteQuery(searchQuery(new URLSearchParams(query).get('q') ?? '', keptSite() || undefined));
      break;
    case '/settings/integrations':
      void cache.prefetchQuery(mappingQuery);
      break;
    case '/doors':
      void cache.prefetchQuery(doorPortionQuery('', undefined, PORTION));
      void cache.prefetchQuery(outlinesQuery);
      void cache.prefetchQuery(camerasQuery);
      break;
  }
}
