/** Which site is looked at, where there are several. */
import { t } from '@lingui/core/macro';
import type { Session } from '../api/types';
import { chooseSite, useChosenSite } from './site';

export function SiteChoice({ session }: { session: Session }) {
  const site = useChosenSite();
  if (session.sites.length < 2) return null;
  return (
    <select
      className="account-choice"
      aria-label={t`Site`}
      title={t`Times are shown in ${(site ?? session.site).time_zone}`}
      value={site?.site_id ?? ''}
      onChange={(event) => chooseSite(event.target.value)}
    >
      <option value="">{t`All sites`}</option>
      {session.sites.map((one) => (
        <option key={one.site_id} value={one.site_id}>
          {one.name}
        </option>
      ))}
    </select>
  );
}
