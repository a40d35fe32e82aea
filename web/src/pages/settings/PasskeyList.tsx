/** One's own passkeys and security keys: adding, naming, removing. */
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { canAskPasskeys, type Passkey, useAddPasskey, useRemovePasskey, useRenamePasskey } from '../../api/passkeys';
import { Ago, Button, Clock } from '../../parts/basics';
import { ask, say } from '../../shell/ask';

interface Props {
  passkeys: Passkey[];
  possible: boolean;
  /** Whether the last of them, with no app beside it, must stay. */
  keepLast: boolean;
  onCodes: (codes: string[]) => void;
}

export function PasskeyList({ passkeys, possible, keepLast, onCodes }: Props) {
  return (
    <>
      {passkeys.length ? (
        <ul className="lines" aria-label="Passkeys">
          {passkeys.map((one) => (
            <PasskeyLine key={one.id} passkey={one} fixed={keepLast && passkeys.length === 1} />
          ))}
        </ul>
      ) : null}
      {possible && canAskPasskeys() ? (
        <NewPasskey onCodes={onCodes} first={passkeys.length === 0} />
      ) : (
        <p className="soft small">
          Passkeys need this page to be open at a host name over HTTPS, the one in the server’s public address.
        </p>
      )}
    </>
  );
}

function PasskeyLine({ passkey, fixed }: { passkey: Passkey; fixed: boolean }) {
  const rename = useRenamePasskey();
  const remove = useRemovePasskey();
  const [name, setName] = useState<string | null>(null);
  const onError = (error: Error) => say(error.message);
  const askAndRemove = async () => {
    const text = 'It signs you in no more. Remove it from the device itself, too, if you give that away.';
    if (await ask(`Remove the passkey ${passkey.name}?`, text, 'Remove')) remove.mutate(passkey.id, { onError });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate({ id: passkey.id, name: (name ?? '').trim() }, { onError, onSuccess: () => setName(null) });
  };
  if (name !== null) {
    return (
      <li>
        <form onSubmit={submit} className="line-form">
          <TextField value={name} onChange={setName} maxLength={100} isRequired autoFocus>
            <Label>Name of the passkey</Label>
            <Input />
          </TextField>
          <div className="actions">
            <Button type="submit" tone="main" isDisabled={!name.trim()} isPending={rename.isPending}>
              Save
            </Button>
            <Button onPress={() => setName(null)}>Cancel</Button>
          </div>
        </form>
      </li>
    );
  }
  return (
    <li>
      <div>
        <strong>{passkey.name}</strong>
        <p className="soft small">
          added <Clock at={passkey.created_at} /> · {passkey.used_at ? 'used ' : 'never used'}
          {passkey.used_at ? <Ago at={passkey.used_at} /> : null}
        </p>
      </div>
      <div className="actions">
        <Button onPress={() => setName(passkey.name)} aria-label={`Rename ${passkey.name}`}>
          Rename
        </Button>
        {fixed ? null : (
          <Button
            onPress={() => void askAndRemove()}
            aria-label={`Remove ${passkey.name}`}
            isPending={remove.isPending}
          >
            Remove
          </Button>
        )}
      </div>
    </li>
  );
}

function NewPasskey({ onCodes, first }: { onCodes: (codes: string[]) => void; first: boolean }) {
  const add = useAddPasskey();
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (add.isPending) return;
    add.mutate(name.trim(), {
      onSuccess: ({ recovery_codes }) => {
        setName('');
        if (recovery_codes.length) onCodes(recovery_codes);
        else say('The passkey is added.');
      },
    });
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={name} onChange={setName} maxLength={100}>
        <Label>{first ? 'A passkey or security key' : 'Another passkey'}: what to call it</Label>
        <Input placeholder="Key on my ring" />
      </TextField>
      <Button type="submit" isPending={add.isPending}>
        Add a passkey
      </Button>
      {add.isError ? (
        <p className="failure-text" role="alert">
          {add.error.message}
        </p>
      ) : null}
    </form>
  );
}
