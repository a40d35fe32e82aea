/** Who is signed in, and how this browser shows things. */
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useSession, useSetPassword, useSignOut } from '../../api/queries';
import { Button } from '../../parts/basics';
import { say } from '../../shell/ask';
import { toggleTheme, useTheme } from '../../shell/theme';

export function AccountPart() {
  const session = useSession().data;
  const signOut = useSignOut();
  const theme = useTheme();
  if (!session) return null;
  return (
    <section className="part">
      <dl className="facts-list">
        <dt>Signed in as</dt>
        <dd>
          {session.user.name || session.user.email} <span className="soft">{session.user.email}</span>
        </dd>
        <dt>Role</dt>
        <dd>{session.user.role}</dd>
        <dt>Account</dt>
        <dd>{session.account.name}</dd>
        <dt>Site</dt>
        <dd>
          {session.site.name} <span className="soft">times in {session.site.time_zone}</span>
        </dd>
      </dl>
      <div className="actions">
        <Button onPress={toggleTheme}>{theme === 'dark' ? 'Show in light' : 'Show in dark'}</Button>
        <Button onPress={() => signOut.mutate()} isPending={signOut.isPending}>
          Sign out
        </Button>
      </div>
      <PasswordForm id={session.user.id} />
    </section>
  );
}

function PasswordForm({ id }: { id: string }) {
  const set = useSetPassword();
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate(
      { id, password },
      {
        onSuccess: () => {
          setPassword('');
          say('Your new password holds from now on.');
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={password} onChange={setPassword} type="password" minLength={10} autoComplete="new-password">
        <Label>New password (at least 10 characters)</Label>
        <Input />
      </TextField>
      <Button type="submit" isDisabled={password.length < 10} isPending={set.isPending}>
        Change password
      </Button>
      {set.isError ? (
        <p className="failure-text" role="alert">
          {set.error.message}
        </p>
      ) : null}
    </form>
  );
}
