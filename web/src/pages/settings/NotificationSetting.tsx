/** Whether the account's people may be notified in their browsers. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useAllow, useAllowed } from '../../api/notifications';
import { Failure, Loading, Refusal } from '../../parts/basics';
import { linkTo } from '../../shell/router';
import { Check } from '../alerting/Check';

export function NotificationSetting() {
  const allowed = useAllowed();
  const allow = useAllow();
  return (
    <>
      <h2>{t`Notifications in browsers`}</h2>
      {allowed.isPending ? <Loading what={t`notifications`} /> : null}
      {allowed.isError ? <Failure error={allowed.error} retry={() => void allowed.refetch()} /> : null}
      {allowed.data ? (
        <>
          <p className="soft">
            <Trans>
              Messages go through the push services of the browsers' makers, encrypted for one browser each: that one is
              told something, and when, leaves the site; what, does not. Everybody chooses their own browsers under{' '}
              <a {...linkTo('/settings/account')}>Account</a>.
            </Trans>
          </p>
          <Check
            isSelected={allow.isPending ? allow.variables : allowed.data.allowed}
            onChange={(wanted) => allow.mutate(wanted)}
          >
            {t`People may be notified in their browsers`}
          </Check>
          <Refusal of={allow} />
        </>
      ) : null}
    </>
  );
}
