/** What surrounds every page: navigation, the search box, the state of the link to the server, keys. */
import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { followServer, serverEvents, useLinkState } from '../api/events';
import type { Session } from '../api/types';
import { Button, useNow, useZone } from '../parts/basics';
import { Shape, type ShapeName } from '../parts/icons';
import { clockText, fullText } from '../time';
import { AccountChoice } from './AccountChoice';
import { AskHost } from './ask';
import { Help } from './Help';
import { Logo } from './Logo';
import { ProofHost } from './ProofHost';
import { linkTo, navigate, usePlace } from './router';
import { SearchBox } from './SearchBox';
import { SiteChoice } from './SiteChoice';
import { useShortcuts } from './shortcuts';
import { useChosenSite } from './site';
import { toggleTheme, useTheme } from './theme';

const PAGES: { path: string; word: string; shape: ShapeName; key: string }[] = [
  { path: '/', word: t`Live`, shape: 'live', key: 'l' },
  { path: '/search', word: t`Search`, shape: 'search', key: 's' },
  { path: '/incidents', word: t`Incidents`, shape: 'flag', key: 'i' },
  { path: '/doors', word: t`Doors`, shape: 'door', key: 'd' },
  { path: '/reports', word: t`Reports`, shape: 'report', key: 'r' },
  { path: '/settings', word: t`Settings`, shape: 'settings', key: '' },
];

const within = (path: string, page: string) =>
  page === '/' ? path === '/' : path === page || path.startsWith(`${page}/`);

export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const cache = useQueryClient();
  const { path } = usePlace();
  const site = useChosenSite();
  const [help, setHelp] = useState(false);
  const going = useRef(0);
  useEffect(() => {
    const stopFollowing = followServer(cache);
    const stop = serverEvents.start();
    return () => {
      stop();
      stopFollowing();
    };
  }, [cache]);
  const goTo = Object.fromEntries(
    PAGES.filter((page) => page.key).map((page) => [
      page.key,
      () => {
        if (Date.now() - going.current < 1500) void navigate(page.path);
      },
    ]),
  );
  useShortcuts({
    '?': () => setHelp(true),
    t: toggleTheme,
    g: () => {
      going.current = Date.now();
    },
    ...goTo,
  });
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {t`Skip to the page`}
      </a>
      <header className="top">
        <a className="home" {...linkTo('/')} title={t`To the live page`}>
          <Logo />
        </a>
        <nav className="pages" aria-label={t`Pages`}>
          {PAGES.map((page) => (
            <a key={page.path} {...linkTo(page.path)} aria-current={within(path, page.path) ? 'page' : undefined}>
              <Shape name={page.shape} />
              <span>{page.word}</span>
            </a>
          ))}
        </nav>
        <SearchBox />
        <div className="top-side">
          <LinkStatus />
          <AccountChoice session={session} />
          <SiteChoice session={session} />
          <SiteClock site={(site ?? session.site).name} />
          <ThemeButton />
          <Button tone="quiet" onPress={() => setHelp(true)} aria-label={t`Keys and colours`}>
            ?
          </Button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Help isOpen={help} onClose={() => setHelp(false)} />
      <AskHost />
      <ProofHost session={session} />
    </div>
  );
}

function LinkStatus() {
  const state = useLinkState();
  if (state === 'lost') {
    return (
      <span
        className="link-state lost"
        role="status"
        title={t`The page reconnects by itself and then fetches what it missed.`}
      >
        <Shape name="slash" /> {t`Not live`}
      </span>
    );
  }
  return (
    <span className="link-state" title={state === 'open' ? t`News from the server arrive at once.` : t`Connecting…`}>
      <Shape name={state === 'open' ? 'pulse' : 'dot'} />
      <span className="link-word">{state === 'open' ? t`Live` : t`Connecting`}</span>
    </span>
  );
}

function SiteClock({ site }: { site: string }) {
  const now = useNow();
  const zone = useZone();
  return (
    <span className="site-clock" title={`${site}\n${fullText(now, zone)}`}>
      <span className="soft">{site}</span> <span className="time">{clockText(now, zone)}</span>
    </span>
  );
}

function ThemeButton() {
  const theme = useTheme();
  return (
    <Button tone="quiet" onPress={toggleTheme} aria-label={theme === 'dark' ? t`Switch to light` : t`Switch to dark`}>
      <Shape name={theme === 'dark' ? 'sun' : 'moon'} />
    </Button>
  );
}
