/** Who is signed in, and how this browser shows things. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import type { Second } from '../../api/factors';
import { useSession, useSignOut } from '../../api/queries';
import { useChangePassword } from '../../api/sessions';
import { Button, Refusal, refusalShown } from '../../parts/basics';
import { PasswordField } from '../../parts/PasswordField';
import { SecondFactorFields, useOwnPasskey } from '../../parts/SecondFactorFields';
import { say } from '../../shell/ask';
import { toggleTheme, useTheme } from '../../shell/theme';
import { AccountSecurity } from './AccountSecurity';
import { NoticeSetting } from './NoticeSetting';
import { NotificationList } from './NotificationList';
import { SecondFactor } from './SecondFactor';
import { SessionList } from './SessionList';

export function AccountPart() {
  const session = useSession().data;
  const signOut = useSignOut();
  const theme = useTheme();
  if (!session) return null;
  return (
    <section className="part">
      <dl className="facts-list">
        <dt>{t`Signed in as`}</dt>
        <dd>
          {session.user.name || session.user.email} <span className="soft">{session.user.email}</span>
        </dd>
        <dt>{t`Role`}</dt>
        <dd>{session.user.role}</dd>
        <dt>{t`Account`}</dt>
        <dd>{session.account.name}</dd>
        <dt>{t`Site`}</dt>
        <dd>
          {session.site.name}{' '}
          <span className="soft">
            <Trans>times in {session.site.time_zone}</Trans>
          </span>
        </dd>
      </dl>
      <div className="actions">
        <Button onPress={toggleTheme}>{theme === 'dark' ? t`Show in light` : t`Show in dark`}</Button>
        <Button onPress={() => signOut.mutate()} isPending={signOut.isPending}>
          {t`Sign out`}
        </Button>
      </div>
      {session.has_password ? (
        <>
          <h2>{t`Password`}</h2>
          <PasswordForm withCode={session.second_factor} />
        </>
      ) : null}
      <h2>{t`Second factors`}</h2>
      <SecondFactor />
      {session.permissions.includes('own') ? (
        <>
          <AccountSecurity />
          <h2>{t`Usage notice`}</h2>
          <NoticeSetting />
        </>
      ) : null}
      <NotificationList />
      <SessionList />
    </section>
  );
}

function PasswordForm({ withCode }: { withCode: boolean }) {
  const change = useChangePassword();
  const [former, setFormer] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const askPasskey = useOwnPasskey(withCode);
  const send = (second: Second) =>
    change.mutateAsync({ former, password, ...second }).then(() => {
      setFormer('');
      setPassword('');
      setCode('');
      say(t`Your new password holds from now on; everywhere else you have to sign in again.`);
    }, refusalShown);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(withCode ? { code } : {});
  };
  return (
    <form onSubmit={submit} className="line-form">
      <PasswordField label={t`Current password`} value={former} onChange={setFormer} autoComplete="current-password" />
      <PasswordField
        label={t`New password (at least 10 characters)`}
        value={password}
        onChange={setPassword}
        minLength={10}
        autoComplete="new-password"
      />
      {withCode ? (
        <SecondFactorFields
          code={code}
          onCode={setCode}
          askPasskey={askPasskey}
          onPasskey={(passkey) => send({ passkey })}
        />
      ) : null}
      <Button type="submit" isDisabled={!former || password.length < 10} isPending={change.isPending}>
        {t`Change password`}
      </Button>
      <Refusal of={change} />
    </form>
  );
}
