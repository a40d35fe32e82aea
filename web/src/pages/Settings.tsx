/** Settings: the account, integrations, gateways, people, sites, tokens for gateways and analyzers, alerts, privacy, audit. */
import type { ReactNode } from 'react';
import { useSession } from '../api/queries';
import { Empty, PageTitle } from '../parts/basics';
import { linkTo } from '../shell/router';
import { GatewaysPart } from './integrations/GatewaysPart';
import { MappingPart } from './integrations/MappingPart';
import { AccountPart } from './settings/AccountPart';
import { AlertsPart } from './settings/AlertsPart';
import { AuditPart } from './settings/AuditPart';
import { PeoplePart } from './settings/PeoplePart';
import { PrivacyPart } from './settings/PrivacyPart';
import { SitesPart } from './settings/SitesPart';
import { TokensPart } from './settings/TokensPart';

const PARTS: Record<string, { word: string; body: ReactNode }> = {
  account: { word: 'Account', body: <AccountPart /> },
  integrations: { word: 'Integrations', body: <MappingPart /> },
  gateways: { word: 'Gateways', body: <GatewaysPart /> },
  people: { word: 'People', body: <PeoplePart /> },
  sites: { word: 'Sites', body: <SitesPart /> },
  tokens: { word: 'Tokens', body: <TokensPart /> },
  alerts: { word: 'Alerts', body: <AlertsPart /> },
  privacy: { word: 'Privacy', body: <PrivacyPart /> },
  audit: { word: 'Audit', body: <AuditPart /> },
};

export function SettingsPage({ part }: { part: string }) {
  // Who sees some cameras only has no say in the account.
  const whole = useSession().data?.permissions.includes('view') ?? true;
  const parts = Object.entries(PARTS).filter(([name]) => whole || name === 'account');
  const shown = parts.find(([name]) => name === part);
  return (
    <div className="settings-page">
      <PageTitle>Settings</PageTitle>
      <nav className="segments" aria-label="Settings">
        {parts.map(([name, { word }]) => (
          <a key={name} {...linkTo(`/settings/${name}`)} aria-current={name === part ? 'page' : undefined}>
            {word}
          </a>
        ))}
      </nav>
      {shown?.[1].body ?? <Empty title="There are no settings of this name" />}
    </div>
  );
}
