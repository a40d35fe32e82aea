/** The page behind an invitation's link: joining an account, as a new person or as who is signed in. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { type Invited, ROLES, useInvitation, useJoin, useJoinAs } from '../../api/people';
import { useSignOut } from '../../api/queries';
import { useWays } from '../../api/signOn';
import type { Session } from '../../api/types';
import { Button } from '../../parts/basics';
import { linkTo } from '../../shell/router';
import { Trouble } from './Box';
import { LinkPage, NewSignIn } from './LinkPage';
import { ProviderButton } from './SignOn';

export function JoinPage({ session }: { session: Session | null }) {
  // Browsers send nothing of an address after its #: the secret is in no log.
  const [link] = useState(() => location.hash.slice(1));
  const state = useInvitation(link || '-');
  return (
    <LinkPage title={t`Invitation`} what={t`the invitation`} state={state}>
      {(invited) => (
        <>
          <p>
            <Trans>
              {invited.invited_by} invites {invited.email} to <strong>{invited.account}</strong> as{' '}
              <strong>{ROLES[invited.role].word}</strong> ({ROLES[invited.role].may}).
            </Trans>
          </p>
          {session ? (
            <JoinAs link={link} session={session} invited={invited.email} />
          ) : (
            <JoinAsNobody link={link} invited={invited} />
          )}
        </>
      )}
    </LinkPage>
  );
}

function JoinAsNobody({ link, invited }: { link: string; invited: Invited }) {
  const ways = useWays().data;
  if (invited.known) {
    return (
      <p>
        <Trans>
          This address signs in here already: <a {...linkTo('/')}>sign in</a>, then open the link once more.
        </Trans>
      </p>
    );
  }
  return (
    <>
      <ProviderButton returnTo="/" word={t`Join`} />
      {ways?.passwords === false ? null : (
        <>
          {ways?.provider ? <p className="or">{t`or with a password`}</p> : null}
          <JoinForm link={link} />
        </>
      )}
    </>
  );
}

function JoinAs({ link, session, invited }: { link: string; session: Session; invited: string }) {
  const join = useJoinAs();
  const signOut = useSignOut();
  if (session.user.email !== invited) {
    return (
      <>
        <p>
          <Trans>You are signed in as {session.user.email}: sign out to accept it.</Trans>
        </p>
        <Button onPress={() => signOut.mutate()} isPending={signOut.isPending}>
          {t`Sign out`}
        </Button>
      </>
    );
  }
  return (
    <>
      <p className="soft">
        <Trans>You keep what you have; the account is added to the choice in the header.</Trans>
      </p>
      <Trouble error={join.error} />
      <Button tone="main" onPress={() => join.mutate(link)} isPending={join.isPending}>
        {t`Join`}
      </Button>
    </>
  );
}

function JoinForm({ link }: { link: string }) {
  const join = useJoin();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!join.isPending) join.mutate({ link, name: name.trim(), password });
  };
  return (
    <form onSubmit={submit}>
      <NewSignIn name={name} onName={setName} password={password} onPassword={setPassword} autoFocus />
      <Trouble error={join.error} />
      <Button type="submit" tone="main" isPending={join.isPending}>
        {t`Join`}
      </Button>
    </form>
  );
}
