/** People who may sign in. */
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useAddUser, useSetPassword, useUsers } from '../../api/queries';
import type { User } from '../../api/types';
import { Button, Failure, Loading } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { KEPT_AS_HASH, OnceShown } from './OnceShown';

interface Secret {
  of: string;
  password: string;
}

export function PeoplePart() {
  const users = useUsers();
  const reset = useSetPassword();
  const [secret, setSecret] = useState<Secret | null>(null);
  const askAndReset = async (user: User) => {
    const text = 'The present password stops working; the new one is shown to you once.';
    if (!(await ask(`A new password for ${user.email}?`, text, 'Make a new password'))) return;
    reset.mutate(
      { id: user.id },
      {
        onSuccess: ({ password }) => password && setSecret({ of: user.email, password }),
        onError: (error) => say(error.message),
      },
    );
  };
  return (
    <section className="part">
      {secret ? (
        <OnceShown
          what={`The password of ${secret.of}. ${KEPT_AS_HASH}`}
          secret={secret.password}
          onClose={() => setSecret(null)}
        />
      ) : null}
      <NewPerson onAdded={setSecret} />
      {users.isPending ? <Loading what="people" /> : null}
      {users.isError ? <Failure error={users.error} retry={() => void users.refetch()} /> : null}
      <ul className="lines">
        {users.data?.map((user) => (
          <li key={user.id}>
            <div>
              <strong>{user.name || user.email}</strong> <span className="badge quiet">{user.role}</span>
              <p className="soft small">{user.email}</p>
            </div>
            <Button onPress={() => void askAndReset(user)} aria-label={`New password for ${user.email}`}>
              New password
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function NewPerson({ onAdded }: { onAdded: (secret: Secret) => void }) {
  const add = useAddUser();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<User['role']>('view');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(
      { email: email.trim(), name: name.trim(), role },
      {
        onSuccess: ({ user, password }) => {
          setEmail('');
          setName('');
          if (password) onAdded({ of: user.email, password });
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={email} onChange={setEmail} type="email" isRequired>
        <Label>E-mail address</Label>
        <Input />
      </TextField>
      <TextField value={name} onChange={setName}>
        <Label>Name</Label>
        <Input />
      </TextField>
      <label className="field">
        <span>Role</span>
        <select value={role} onChange={(event) => setRole(event.target.value as User['role'])}>
          <option value="view">view: sees and searches</option>
          <option value="manage">manage: reviews, changes doors, cameras, alerts</option>
          <option value="owner">owner: everything</option>
        </select>
      </label>
      <Button type="submit" tone="main" isDisabled={!email.trim()} isPending={add.isPending}>
        Add person
      </Button>
      {add.isError ? (
        <p className="failure-text" role="alert">
          {add.error.message}
        </p>
      ) : null}
    </form>
  );
}
