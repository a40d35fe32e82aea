/** A forgotten password: asking for a link, and the page behind it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useForgot, useForgottenLink, useReplaceForgotten } from '../../api/forgotten';
import { useWays } from '../../api/signOn';
import { Button, Loading } from '../../parts/basics';
import { PasswordField } from '../../parts/PasswordField';
import { linkTo } from '../../shell/router';
import { SigningBox, Trouble } from './Box';
import { LinkPage } from './LinkPage';

export function ForgottenPage() {
  // Browsers send nothing of an address after its #: the secret is in no log.
  const [link] = useState(() => location.hash.slice(1));
  return link ? <Replacing link={link} /> : <Asking />;
}

function ToSignIn() {
  return (
    <p>
      <a {...linkTo('/')}>{t`To the sign-in`}</a>
    </p>
  );
}

function Asking() {
  const ways = useWays();
  return (
    <SigningBox title={t`Forgotten password`}>
      {ways.isPending ? <Loading what={t`the sign-in`} /> : null}
      {ways.data?.mails_links ? <AskForm /> : null}
      {ways.data && !ways.data.mails_links ? (
        <p>
          <Trans>
            This server sends no mail for it. Ask an owner of your account for another password; whoever runs the server
            makes one for an owner with <code>doorwatch user passwd</code>.
          </Trans>
        </p>
      ) : null}
      <ToSignIn />
    </SigningBox>
  );
}

function AskForm() {
  const forgot = useForgot();
  const [email, setEmail] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!forgot.isPending) forgot.mutate(email.trim());
  };
  if (forgot.data) {
    return (
      <>
        <p role="status">
          <Trans>
            If <strong>{forgot.variables}</strong> signs in here with a password, a mail with a link is on its way. It
            works for {forgot.data.minutes} minutes.
          </Trans>
        </p>
        <p className="soft">
          <Trans>Nothing comes? Look among unwanted mail, or ask an owner of your account for another password.</Trans>
        </p>
      </>
    );
  }
  return (
    <form onSubmit={submit}>
      <p>
        <Trans>A link comes by mail, with which you choose another one.</Trans>
      </p>
      <TextField value={email} onChange={setEmail} type="email" autoComplete="username" isRequired autoFocus>
        <Label>{t`E-mail address`}</Label>
        <Input />
      </TextField>
      <Trouble error={forgot.error} />
      <Button type="submit" tone="main" isPending={forgot.isPending}>
        {t`Send the link`}
      </Button>
    </form>
  );
}

function Replacing({ link }: { link: string }) {
  const state = useForgottenLink(link);
  return (
    <LinkPage title={t`Choose another password`} what={t`the link`} state={state}>
      {({ email }) => <ReplaceForm link={link} email={email} />}
    </LinkPage>
  );
}

function ReplaceForm({ link, email }: { link: string; email: string }) {
  const replace = useReplaceForgotten();
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!replace.isPending) replace.mutate({ link, password });
  };
  if (replace.isSuccess) {
    return (
      <>
        <p role="status">
          <Trans>The new password holds from now on, and you are signed out everywhere.</Trans>
        </p>
        <ToSignIn />
      </>
    );
  }
  return (
    <form onSubmit={submit}>
      <TextField value={email} type="email" autoComplete="username" isReadOnly>
        <Label>{t`E-mail address`}</Label>
        <Input />
      </TextField>
      <PasswordField
        label={t`New password`}
        hint={t`At least 10 characters. A sentence is easy to remember.`}
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        minLength={10}
        autoFocus
        isRequired
      />
      <Trouble error={replace.error} />
      <Button type="submit" tone="main" isPending={replace.isPending}>
        {t`Change password`}
      </Button>
    </form>
  );
}
