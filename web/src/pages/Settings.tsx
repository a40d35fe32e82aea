/** Settings: the account, integrations, the mail that follows tailgating, gateways, recordings, people, sites, tokens, alerts, privacy, audit. */
import { t } from '@lingui/core/macro';
import { type ReactNode, useEffect, useRef } from 'react';
import { useSession } from '../api/queries';
import { Empty, PageTitle } from '../parts/basics';
import { linkTo } from '../shell/router';
import { GatewaysPart } from './integrations/GatewaysPart';
import { MappingPart } from './integrations/MappingPart';
import { AccountPart } from './settings/AccountPart';
import { AlertsPart } from './settings/AlertsPart';
import { AuditPart } from './settings/AuditPart';
import { MailPart } from './settings/mail/MailPart';
import { PeoplePart } from './settings/PeoplePart';
import { PrivacyPart } from './settings/PrivacyPart';
import { RecordingsPart } from './settings/RecordingsPart';
import { SitesPart } from './settings/SitesPart';
import { TokensPart } from './settings/TokensPart';

const PARTS: Record<string, { word: string; body: ReactNode }> = {
  account: { word: t`Account`, body: <AccountPart /> },
  integrations: { word: t`Integrations`, body: <MappingPart /> },
  mail: { word: t`Tailgating mail`, body: <MailPart /> },
  gateways: { word: t`Gateways`, body: <GatewaysPart /> },
  recordings: { word: t`Recordings`, body: <RecordingsPart /> },
  people: { word: t`People`, body: <PeoplePart /> },
  sites: { word: t`Sites`, body: <SitesPart /> },
  tokens: { word: t`Tokens`, body: <TokensPart /> },
  alerts: { word: t`Alerts`, body: <AlertsPart /> },
  privacy: { word: t`Privacy`, body: <PrivacyPart /> },
  audit: { word: t`Audit`, body: <AuditPart /> },
};

export function SettingsPage({ part }: { part: string }) {
  // Who sees some cameras only has no say in the account.
  const whole = useSession().data?.permissions.includes('view') ?? true;
  const parts = Object.entries(PARTS).filter(([name]) => whole || name === 'account');
  const shown = parts.find(([name]) => name === part);
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the row of tabs is longer than the screen: where one is has to be seen.
    const here = part && tabs.current?.querySelector('[aria-current]');
    if (here && tabs.current && here instanceof HTMLElement) {
      tabs.current.scrollLeft = here.offsetLeft - (tabs.current.clientWidth - here.offsetWidth) / 2;
    }
  }, [part]);
  return (
    <div className="settings-page">
      <PageTitle>{t`Settings`}</PageTitle>
      <nav className="segments" aria-label={t`Settings`} ref={tabs}>
        {parts.map(([name, { word }]) => (
          <a key={name} {...linkTo(`/settings/${name}`)} aria-current={name === part ? 'page' : undefined}>
            {word}
          </a>
        ))}
      </nav>
      {shown?.[1].body ?? <Empty title={t`There are no settings of this name`} />}
    </div>
  );
}
