import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import { askEarly } from './early';

afterEach(() => vi.unstubAllGlobals());

/** What is asked for while nobody has answered yet. */
function asked(kept: Record<string, string>, path: string, query: string) {
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept[key] ?? null });
  vi.stubGlobal('fetch', () => new Promise(() => undefined));
  const cache = new QueryClient();
  askEarly(cache, path, query);
  return cache
    .getQueryCache()
    .getAll()
    .map(({ queryKey }) => queryKey);
}

it('asks for the results of a search beside the session, of the site that was chosen', () => {
  const here = { 'doorwatch.here': '1' };
  expect(asked(here, '/search', '?q=tailgating%20today')).toEqual([
    ['session'],
    ['search', 'tailgating today', undefined],
  ]);
  expect(asked({ ...here, 'doorwatch.site': 's1' }, '/search', '')).toEqual([['session'], ['search', '', 's1']]);
});

it('asks for nothing but the session where nobody was signed in', () => {
  expect(asked({}, '/search', '?q=tailgating')).toEqual([['session']]);
});
