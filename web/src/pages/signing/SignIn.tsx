/** The door to the page itself. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { ApiError } from '../../api/client';
import { askPasskey } from '../../api/passkeys';
import { useSignIn } from '../../api/queries';
import { useSetupNeeded } from '../../api/setup';
import { useWays } from '../../api/signOn';
import { Button } from '../../parts/basics';
import { SecondFactorFields } from '../../parts/SecondFactorFields';
import { linkTo, usePlace } from '../../shell/router';
import { SigningBox } from './Box';
import { ProviderButton } from './SignOn';

interface Told {
  passkey?: unknown;
}

function words(error: Error): string {
  if (error instanceof ApiError && error.status === 401 && !error.reason) {
    return t`This e-mail address and password do not belong together; try again or ask whoever runs this server.`;
  }
  return error.message;
}

export function SignInPage() {
  const setup = useSetupNeeded();
  const ways = useWays().data;
  const { path, query } = usePlace();
  const here = query.size ? `${path}?${query}` : path;
  return (
    <SigningBox title={t`Sign in`}>
      {setup.data ? (
        <p className="hint" role="status">
          <Trans>
            Nobody can sign in yet. When it started, the server printed a set-up link: open that one. On the server,{' '}
            <code>doorwatch user setup-link</code> prints another.
          </Trans>
        </p>
      ) : null}
      <ProviderButton returnTo={path === '/sso' ? '/' : here} />
      {ways?.provider && ways.passwords ? <p className="or">{t`or with a password`}</p> : null}
      {ways && !ways.passwords ? (
        <details>
          <summary>
            <Trans>{ways.provider} is away?</Trans>
          </summary>
          <p className="soft small">
            <Trans>Whoever runs this server has named people whose passwords sign in all the same.</Trans>
          </p>
          <PasswordForm second />
        </details>
      ) : (
        <PasswordForm second={Boolean(ways?.provider)} />
      )}
    </SigningBox>
  );
}

/** E-mail and password; `second` where another way comes first. */
function PasswordForm({ second = false }: { second?: boolean }) {
  const signIn = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  // What passkeys are asked, once the server has asked for a second factor; null where there are none.
  const [asked, setAsked] = useState<{ passkey: unknown } | null>(null);
  const failed = signIn.error instanceof ApiError ? signIn.error : null;
  if (failed?.reason === 'second_factor' && !asked) setAsked({ passkey: (failed.told as Told).passkey ?? null });
  const passkey = asked?.passkey;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!signIn.isPending) signIn.mutate({ email: email.trim(), password, code: asked ? code : undefined });
  };
  return (
    <form onSubmit={submit}>
      <TextField value={email} onChange={setEmail} type="email" autoComplete="username" isRequired autoFocus={!second}>
        <Label>{t`E-mail address`}</Label>
        <Input />
      </TextField>
      <TextField value={password} onChange={setPassword} type="password" autoComplete="current-password" isRequired>
        <Label>{t`Password`}</Label>
        <Input />
      </TextField>
      {asked ? (
        <SecondFactorFields
          code={code}
          onCode={setCode}
          askPasskey={passkey ? () => askPasskey(passkey) : null}
          onPasskey={(answer) => signIn.mutate({ email: email.trim(), password, passkey: answer })}
          autoFocus
        />
      ) : null}
      {signIn.isError && failed?.reason !== 'second_factor' ? (
        <p className="failure-text" role="alert">
          {words(signIn.error)}
        </p>
      ) : null}
      <Button type="submit" tone={second ? 'plain' : 'main'} isPending={signIn.isPending}>
        {signIn.isPending ? t`Signing in…` : t`Sign in`}
      </Button>
      <p className="small">
        <a {...linkTo('/forgotten')}>{t`Forgot your password?`}</a>
      </p>
    </form>
  );
}
