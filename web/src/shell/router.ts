/** Addresses of the page: plain paths of the history API, and a guard for what is not saved yet. */
import { type MouseEvent, useEffect, useSyncExternalStore } from 'react';

export interface Place {
  path: string;
  query: URLSearchParams;
}

/** Asks whether the page may be left; true means yes. */
type Guard = () => Promise<boolean>;

const listeners = new Set<() => void>();
const guards = new Set<Guard>();
let current = location.pathname + location.search;

function changed(): void {
  current = location.pathname + location.search;
  for (const listener of listeners) listener();
}

window.addEventListener('popstate', () => {
  if (location.pathname + location.search === current) return;
  if (!guards.size) {
    changed();
    return;
  }
  // The browser has moved already: go back to where we are until the guard has been asked.
  const wanted = location.pathname + location.search;
  history.pushState(null, '', current);
  void navigate(wanted);
});

/** Go to an address of the page. `replace` leaves no step in the history. */
export async function navigate(to: string, options: { replace?: boolean } = {}): Promise<void> {
  const path = to.split('?')[0];
  if (path !== location.pathname) {
    for (const guard of guards) if (!(await guard())) return;
  }
  if (to === location.pathname + location.search) return;
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  changed();
  if (!options.replace && path !== location.pathname) window.scrollTo(0, 0);
}

/** Where the page is. */
export function usePlace(): Place {
  const address = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
  const [path = '/', query = ''] = address.split('?');
  return { path, query: new URLSearchParams(query) };
}

/** Properties of an `<a>` that stays inside of the page; a new tab still works. */
export function linkTo(to: string) {
  return {
    href: to,
    onClick: (event: MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      void navigate(to);
    },
  };
}

/** While `dirty`, leaving the page asks first: inside by `ask`, a closed tab by the browser's own question. */
export function useLeaveGuard(dirty: boolean, ask: Guard): void {
  useEffect(() => {
    if (!dirty) return;
    const closing = (event: BeforeUnloadEvent) => event.preventDefault();
    guards.add(ask);
    window.addEventListener('beforeunload', closing);
    return () => {
      guards.delete(ask);
      window.removeEventListener('beforeunload', closing);
    };
  }, [dirty, ask]);
}
