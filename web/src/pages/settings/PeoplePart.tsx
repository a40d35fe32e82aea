/** People who may sign in. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useAddUser, useSession, useSetPassword, useUsers } from '../../api/queries';
import type { User } from '../../api/types';
import { Button, Failure, Loading, Refusal } from '../../parts/basics';
import { ask, sayWhy } from '../../shell/ask';
import { CameraChoice, type Shared } from './CameraChoice';
import { InvitationsPart } from './InvitationsPart';
import { KEPT_AS_HASH, OnceShown } from './OnceShown';
import { PersonLine } from './PersonLine';
import { RoleOptions } from './RoleOptions';

interface Secret {
  of: string;
  password: string;
}

export function PeoplePart() {
  const users = useUsers();
  const session = useSession().data;
  const owns = session?.permissions.includes('own') ?? false;
  const reset = useSetPassword();
  const [secret, setSecret] = useState<Secret | null>(null);
  const askAndReset = async (user: User) => {
    const text = t`The present password stops working; the new one is shown to you once.`;
    if (!(await ask(t`A new password for ${user.email}?`, text, t`Make a new password`))) return;
    reset
      .mutateAsync({ id: user.id })
      .then(({ password }) => password && setSecret({ of: user.email, password }), sayWhy);
  };
  return (
    <section className="part">
      {secret ? (
        <OnceShown
          what={t`The password of ${secret.of}. ${KEPT_AS_HASH}`}
          secret={secret.password}
          onClose={() => setSecret(null)}
        />
      ) : null}
      <InvitationsPart mayInvite={owns} />
      <h2>{t`People`}</h2>
      {users.isPending ? <Loading what={t`people`} /> : null}
      {users.isError ? <Failure error={users.error} retry={() => void users.refetch()} /> : null}
      <ul className="lines" aria-label={t`People`}>
        {users.data?.map((user) => (
          <PersonLine
            key={user.id}
            user={user}
            mine={user.id === session?.user.id}
            mayChange={owns}
            onNewPassword={(one) => void askAndReset(one)}
          />
        ))}
      </ul>
      {owns ? (
        <details>
          <summary>{t`Add somebody without an invitation`}</summary>
          <NewPerson onAdded={setSecret} />
        </details>
      ) : null}
    </section>
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
          if (password) onAdded({ of: user.email, password });
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
