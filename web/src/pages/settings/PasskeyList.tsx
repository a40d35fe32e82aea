/** One's own passkeys and security keys: adding, naming, removing. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { canAskPasskeys, type Passkey, useAddPasskey, useRemovePasskey, useRenamePasskey } from '../../api/passkeys';
import { Ago, Button, Clock, Refusal, refusalShown } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';

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
        <ul className="lines" aria-label={t`Passkeys`}>
          {passkeys.map((one) => (
            <PasskeyLine key={one.id} passkey={one} fixed={keepLast && passkeys.length === 1} />
          ))}
        </ul>
      ) : null}
      {possible && canAskPasskeys() ? (
        <NewPasskey onCodes={onCodes} first={passkeys.length === 0} />
      ) : (
        <p className="soft small">
          <Trans>
            Passkeys need this page to be open at a host name over HTTPS, the one in the server’s public address.
          </Trans>
        </p>
      )}
    </>
  );
}

function PasskeyLine({ passkey, fixed }: { passkey: Passkey; fixed: boolean }) {
  const rename = useRenamePasskey();
  const remove = useRemovePasskey();
  const [name, setName] = useState<string | null>(null);
  const askAndRemove = async () => {
    const text = t`It signs you in no more. Remove it from the device itself, too, if you give that away.`;
    if (await ask(t`Remove the passkey ${passkey.name}?`, text, t`Remove`))
      remove.mutateAsync(passkey.id).catch(sayWhy);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rename.mutateAsync({ id: passkey.id, name: (name ?? '').trim() }).then(() => setName(null), sayWhy);
  };
  if (name !== null) {
    return (
      <li>
        <form onSubmit={submit} className="line-form">
          <TextField value={name} onChange={setName} maxLength={100} isRequired autoFocus>
            <Label>{t`Name of the passkey`}</Label>
            <Input />
          </TextField>
          <div className="actions">
            <Button type="submit" tone="main" isDisabled={!name.trim()} isPending={rename.isPending}>
              {t`Save`}
            </Button>
            <Button onPress={() => setName(null)}>{t`Cancel`}</Button>
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
          <Trans>
            added <Clock at={passkey.created_at} /> · {passkey.used_at ? t`used ` : t`never used`}
          </Trans>
          {passkey.used_at ? <Ago at={passkey.used_at} /> : null}
        </p>
      </div>
      <div className="actions">
        <Button onPress={() => setName(passkey.name)} aria-label={t`Rename ${passkey.name}`}>
          {t`Rename`}
        </Button>
        {fixed ? null : (
          <Button
            onPress={() => void askAndRemove()}
            aria-label={t`Remove ${passkey.name}`}
            isPending={remove.isPending}
          >
            {t`Remove`}
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
    add.mutateAsync(name.trim()).then(({ recovery_codes }) => {
      setName('');
      if (recovery_codes.length) onCodes(recovery_codes);
      else say(t`The passkey is added.`);
    }, refusalShown);
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={name} onChange={setName} maxLength={100}>
        <Label>
          <Trans>{first ? t`A passkey or security key` : t`Another passkey`}: what to call it</Trans>
        </Label>
        <Input placeholder={t`Key on my ring`} />
      </TextField>
      <Button type="submit" isPending={add.isPending}>
        {t`Add a passkey`}
      </Button>
      <Refusal of={add} />
    </form>
  );
}
