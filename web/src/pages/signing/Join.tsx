/** The page behind an invitation's link: joining an account, as a new person or as who is signed in. */
import { type FormEvent, useEffect, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { ROLES, useInvitation, useJoin, useJoinAs } from '../../api/people';
import { useSignOut } from '../../api/queries';
import type { Session } from '../../api/types';
import { Button, Failure, Loading } from '../../parts/basics';
import { PasswordField } from '../../parts/PasswordField';
import { Logo } from '../../shell/Logo';
import { linkTo } from '../../shell/router';

export function JoinPage({ session }: { session: Session | null }) {
  // Browsers send nothing of an address after its #: the secret is in no log.
  const [link] = useState(() => location.hash.slice(1));
  const state = useInvitation(link || '-');
  useEffect(() => {
    document.title = 'Invitation · Doorwatch';
  }, []);
  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <Logo />
        <h1>Invitation</h1>
        {state.isPending ? <Loading what="the invitation" /> : null}
        {state.isError ? (
          <>
            <Failure error={state.error} />
            <p>
              <a {...linkTo('/')}>To the start</a>
            </p>
          </>
        ) : null}
        {state.data ? (
          <>
            <p>
              {state.data.invited_by} invites {state.data.email} to <strong>{state.data.account}</strong> as{' '}
              <strong>{ROLES[state.data.role].word}</strong> ({ROLES[state.data.role].may}).
            </p>
            {session ? (
              <JoinAs link={link} session={session} invited={state.data.email} />
            ) : state.data.known ? (
              <p>
                This address signs in here already: <a {...linkTo('/')}>sign in</a>, then open the link once more.
              </p>
            ) : (
              <JoinForm link={link} />
            )}
          </>
        ) : null}
      </div>
    </main>
  );
}

function JoinAs({ link, session, invited }: { link: string; session: Session; invited: string }) {
  const join = useJoinAs();
  const signOut = useSignOut();
  if (session.user.email !== invited) {
    return (
      <>
        <p>You are signed in as {session.user.email}: sign out to accept it.</p>
        <Button onPress={() => signOut.mutate()} isPending={signOut.isPending}>
          Sign out
        </Button>
      </>
    );
  }
  return (
    <>
      <p className="soft">You keep what you have; the account is added to the choice in the header.</p>
      {join.isError ? (
        <p className="failure-text" role="alert">
          {join.error.message}
        </p>
      ) : null}
      <Button tone="main" onPress={() => join.mutate(link)} isPending={join.isPending}>
        Join
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
      <TextField value={name} onChange={setName} autoComplete="name" maxLength={200} autoFocus>
        <Label>Your name</Label>
        <Input />
      </TextField>
      <PasswordField
        label="Password"
        value={password}
        onChange={setPassword}
        autoComplete="new-password"
        minLength={10}
        isRequired
        hint="At least 10 characters. A sentence is easy to remember."
      />
      {join.isError ? (
        <p className="failure-text" role="alert">
          {join.error.message}
        </p>
      ) : null}
      <Button type="submit" tone="main" isPending={join.isPending}>
        Join
      </Button>
    </form>
  );
}
