/** People who may sign in, and those who were invited: one list. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { type SentInvitation, useInvitations } from '../../api/people';
import { useAddUser, useSession, useSetPassword, useUsers } from '../../api/queries';
import type { User } from '../../api/types';
import { Button, Failure, Loading, Refusal } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { CameraChoice, type Shared } from './CameraChoice';
import { InvitationLine } from './InvitationLine';
import { InviteForm } from './InviteForm';
import { KEPT_AS_HASH, OnceShown } from './OnceShown';
import { PersonLine } from './PersonLine';
import { RoleOptions } from './RoleOptions';

/** What is shown this once: a password that was made, or the link of an invitation that could not be mailed. */
interface Secret {
  what: string;
  secret: string;
}

const ofPassword = (email: string, password: string): Secret => ({
  what: t`The password of ${email}, for one sign-in within seven days: then they choose their own. ${KEPT_AS_HASH}`,
  secret: password,
});

const ofLink = (sent: SentInvitation): Secret => ({
  what: t`No mail went to ${sent.invitation.email}: ${sent.problem ?? ''}. The link works once and is shown this once.`,
  secret: sent.url,
});

export function PeoplePart() {
  const session = useSession().data;
  const owns = session?.permissions.includes('own') ?? false;
  const [secret, setSecret] = useState<Secret | null>(null);
  const told = (sent: SentInvitation) => {
    setSecret(sent.problem ? ofLink(sent) : null);
    if (!sent.problem) say(t`The invitation is on its way to ${sent.invitation.email}.`);
  };
  return (
    <section className="part">
      {secret ? <OnceShown what={secret.what} secret={secret.secret} onClose={() => setSecret(null)} /> : null}
      {owns ? <InviteForm onSent={told} /> : null}
      <h2>{t`People`}</h2>
      <PeopleList owns={owns} myId={session?.user.id} onSecret={setSecret} onSent={told} />
      {owns ? (
        <details>
          <summary>{t`Add somebody without an invitation`}</summary>
          <NewPerson onAdded={setSecret} />
        </details>
      ) : null}
    </section>
  );
}

interface ListProps {
  owns: boolean;
  myId: string | undefined;
  onSecret: (secret: Secret) => void;
  onSent: (sent: SentInvitation) => void;
}

/** Members first, then who was invited and has not come yet. */
function PeopleList({ owns, myId, onSecret, onSent }: ListProps) {
  const users = useUsers();
  const invited = useInvitations();
  const reset = useSetPassword();
  const askAndReset = async (user: User) => {
    const text = t`The present password stops working; the new one is shown to you once, and they replace it when they sign in.`;
    if (!(await ask(t`A new password for ${user.email}?`, text, t`Make a new password`))) return;
    reset
      .mutateAsync({ id: user.id })
      .then(({ password }) => password && onSecret(ofPassword(user.email, password)), sayWhy);
  };
  return (
    <>
      {users.isPending ? <Loading what={t`people`} /> : null}
      {users.isError ? <Failure error={users.error} retry={() => void users.refetch()} /> : null}
      {invited.isError ? <Failure error={invited.error} retry={() => void invited.refetch()} /> : null}
      <ul className="lines" aria-label={t`People`}>
        {users.data?.map((user) => (
          <PersonLine
            key={user.id}
            user={user}
            mine={user.id === myId}
            mayChange={owns}
            onNewPassword={(one) => void askAndReset(one)}
          />
        ))}
        {invited.data?.map((one) => (
          <InvitationLine key={one.invitation_id} invitation={one} mayInvite={owns} onSent={onSent} />
        ))}
      </ul>
    </>
  );
}

function NewPerson({ onAdded }: { onAdded: (secret: Secret) => void }) {
  const add = useAddUser();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<User['role']>('view');
  const [shared, setShared] = useState<Shared>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(
      { email: email.trim(), name: name.trim(), role, cameras: role === 'view' ? shared : null },
      {
        onSuccess: ({ user, password }) => {
          setEmail('');
          setName('');
          setShared(null);
          if (password) onAdded(ofPassword(user.email, password));
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={email} onChange={setEmail} type="email" isRequired>
        <Label>{t`E-mail address`}</Label>
        <Input />
      </TextField>
      <TextField value={name} onChange={setName}>
        <Label>{t`Name`}</Label>
        <Input />
      </TextField>
      <label className="field">
        <span>{t`Role`}</span>
        <select value={role} onChange={(event) => setRole(event.target.value as User['role'])}>
          <RoleOptions />
        </select>
      </label>
      {role === 'view' ? <CameraChoice whose={t`the person`} value={shared} onChange={setShared} /> : null}
      <Button
        type="submit"
        tone="main"
        isDisabled={!email.trim() || (role === 'view' && shared?.length === 0)}
        isPending={add.isPending}
      >
        {t`Add person`}
      </Button>
      <Refusal of={add} />
    </form>
  );
}
