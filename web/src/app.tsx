/** Which page is shown: sign-in while nobody is, else the page of the address. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { lazy, Suspense, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { useSession } from './api/queries';
import { DoorsPage } from './pages/Doors';
import { CertificatePage } from './pages/doors/CertificatePage';
import { CommissionPage } from './pages/doors/CommissionPage';
import { SceneEditorPage } from './pages/doors/SceneEditor';
import { IncidentsPage } from './pages/Incidents';
import { LivePage } from './pages/Live';
import { SearchPage } from './pages/Search';
import { SettingsPage } from './pages/Settings';
import { FactorGate } from './pages/signing/FactorGate';
import { ForgottenPage } from './pages/signing/Forgotten';
import { JoinPage } from './pages/signing/Join';
import { NoticeGate } from './pages/signing/NoticeGate';
import { PasswordGate } from './pages/signing/PasswordGate';
import { SetUpPage } from './pages/signing/SetUp';
import { SignInPage } from './pages/signing/SignIn';
import { SignOnPage } from './pages/signing/SignOn';
import { Empty, Failure, Loading, ZoneProvider } from './parts/basics';
import { linkTo, usePlace } from './shell/router';
import { Shell } from './shell/Shell';
import { useChosenSite } from './shell/site';

// What is not needed to see the first page is fetched when it is opened.
const TimelinePage = lazy(async () => {
  const page = await import('./pages/timeline/TimelinePage').catch(() => null);
  return { default: page?.TimelinePage ?? Missing };
});
const ReportsPage = lazy(async () => {
  const page = await import('./pages/Reports').catch(() => null);
  return { default: page?.ReportsPage ?? Missing };
});

/** A part of the program did not come: the server was away, or has another version by now. */
function Missing() {
  const words = t`This page could not be loaded: the server was away, or it was updated meanwhile.`;
  return <Failure error={new Error(words)} retry={() => location.reload()} />;
}

function Page() {
  const { path, query } = usePlace();
  const [, page = '', part = '', ...rest] = path.split('/');
  switch (page) {
    case '':
    case 'live':
      return <LivePage />;
    case 'search':
      return <SearchPage text={query.get('q') ?? ''} />;
    case 'incidents':
      return <IncidentsPage id={part ? decodeURIComponent(part) : null} query={query} />;
    case 'doors':
      if (part === 'cameras' && rest[0] && rest[1] === 'scene' && rest[2]) {
        return <SceneEditorPage cameraId={decodeURIComponent(rest[0])} doorId={decodeURIComponent(rest[2])} />;
      }
      if (part === 'certificates' && rest[0]) return <CertificatePage id={decodeURIComponent(rest[0])} />;
      if (part === 'cameras' && rest[0] && rest[1] === 'timeline') {
        return <TimelinePage place={{ camera: decodeURIComponent(rest[0]) }} at={query.get('at')} />;
      }
      if (part && rest[0] === 'timeline') {
        return <TimelinePage place={{ door: decodeURIComponent(part) }} at={query.get('at')} />;
      }
      if (part && rest[0] === 'commission') return <CommissionPage doorId={decodeURIComponent(part)} />;
      return <DoorsPage />;
    case 'reports':
      return <ReportsPage />;
    case 'settings':
      return <SettingsPage part={part || 'account'} />;
    default:
      return (
        <Empty title={t`There is no page at this address`}>
          <Trans>
            Go to the <a {...linkTo('/')}>live page</a>.
          </Trans>
        </Empty>
      );
  }
}

export function App() {
  const session = useSession();
  const site = useChosenSite();
  const { path } = usePlace();
  const [gated, setGated] = useState(false);
  if (session.data === null && gated) setGated(false);
  if (session.isPending) return <Loading what="Doorwatch" />;
  if (session.isError && session.data === undefined) {
    return <Failure error={session.error} retry={() => void session.refetch()} />;
  }
  if (path === '/sso') return <SignOnPage />;
  if (path === '/forgotten') return <ForgottenPage />;
  if (path === '/join') return <JoinPage session={session.data ?? null} />;
  if (!session.data) return path === '/setup' ? <SetUpPage /> : <SignInPage />;
  if (session.data.limited === 'password') return <PasswordGate session={session.data} />;
  // The gate stays until its recovery codes were read, though the session is open by then.
  if (session.data.limited === 'second_factor' && !gated) setGated(true);
  if (gated) return <FactorGate session={session.data} onDone={() => setGated(false)} />;
  if (session.data.limited === 'usage_notice') return <NoticeGate session={session.data} />;
  return (
    <I18nProvider locale="en-GB">
      <ZoneProvider value={(site ?? session.data.site).time_zone}>
        <Shell session={session.data}>
          <Suspense fallback={<Loading what={t`the page`} />}>
            <Page />
          </Suspense>
        </Shell>
      </ZoneProvider>
    </I18nProvider>
  );
}
