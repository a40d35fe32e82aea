/** Starts the page. */
import './locales/language';
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client';
import { App } from './app';
import { askEarly, rememberSession } from './shell/early';
import './styles/index.css';

const LIMITS = new Set(['second_factor', 'usage_notice']);

const cache: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onSuccess: (data, query) => {
      if (query.queryKey[0] === 'session') rememberSession(data !== null);
    },
    onError: (error, query) => {
      // A session that ended shows the sign-in page at once, wherever one is; so does what has to be settled first.
      const ended = error instanceof ApiError && (error.status === 401 || LIMITS.has(error.reason ?? ''));
      if (ended && query.queryKey[0] !== 'session') {
        void cache.invalidateQueries({ queryKey: ['session'] });
      }
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // What the server refuses it refuses again; only what is unreachable or starting is tried again.
      retry: (count, error) => count < 3 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
    },
  },
});

askEarly(cache, location.pathname, location.search);

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={cache}>
          <App />
        </QueryClientProvider>
      </I18nProvider>
    </StrictMode>,
  );
}
