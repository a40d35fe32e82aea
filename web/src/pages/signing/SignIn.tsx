/** The door to the page itself. */
import { type FormEvent, useEffect, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { ApiError } from '../../api/client';
import { useSignIn } from '../../api/queries';
import { useSetupNeeded } from '../../api/setup';
import { Button } from '../../parts/basics';
import { CodeField } from '../../parts/CodeField';
import { Logo } from '../../shell/Logo';

function words(error: Error): string {
  if (error instanceof ApiError && error.status === 401 && !error.reason) {
    return 'This e-mail address and password do not belong together; try again or ask whoever runs this server.';
  }
  return error.message;
}

export function SignInPage() {
  const signIn = useSignIn();
  const setup = useSetupNeeded();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [withCode, setWithCode] = useState(false);
  const failed = signIn.error instanceof ApiError ? signIn.error : null;
  if (failed?.reason === 'second_factor' && !withCode) setWithCode(true);
  useEffect(() => {
    document.title = 'Sign in · Doorwatch';
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!signIn.isPending) signIn.mutate({ email: email.trim(), password, code: withCode ? code : undefined });
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit} className="sign-in-box">
        <Logo />
        <h1>Sign in</h1>
        {setup.data ? (
          <p className="hint" role="status">
            Nobody can sign in yet. When it started, the server printed a set-up link: open that one. On the server,{' '}
            <code>doorwatch user setup-link</code> prints another.
          </p>
        ) : null}
        <TextField value={email} onChange={setEmail} type="email" autoComplete="username" isRequired autoFocus>
          <Label>E-mail address</Label>
          <Input />
        </TextField>
        <TextField value={password} onChange={setPassword} type="password" autoComplete="current-password" isRequired>
          <Label>Password</Label>
          <Input />
        </TextField>
        {withCode ? <CodeField value={code} onChange={setCode} autoFocus /> : null}
        {signIn.isError && failed?.reason !== 'second_factor' ? (
          <p className="failure-text" role="alert">
            {words(signIn.error)}
          </p>
        ) : null}
        <Button type="submit" tone="main" isPending={signIn.isPending}>
          {signIn.isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </form>
    </main>
  );
}
