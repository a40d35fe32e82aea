/** What an owner asks of everybody in the account. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Switch } from 'react-aria-components';
import { useSecurity, useSetSecurity } from '../../api/factors';
import { Failure, Loading } from '../../parts/basics';
import { say, sayWhy } from '../../shell/ask';

export function AccountSecurity() {
  const security = useSecurity();
  const set = useSetSecurity();
  if (security.isPending) return <Loading what={t`what the account requires`} />;
  if (security.isError) return <Failure error={security.error} retry={() => void security.refetch()} />;
  const change = (required: boolean) =>
    set
      .mutateAsync(required)
      .then(
        () => say(required ? t`Everybody needs a second factor now.` : t`A second factor is everybody’s own choice.`),
        sayWhy,
      );
  return (
    <Switch className="switch" isSelected={security.data.second_factor_required} onChange={change}>
      <Trans>
        <span className="switch-track" aria-hidden="true" />
        Everybody in this account needs a second factor
      </Trans>
    </Switch>
  );
}
