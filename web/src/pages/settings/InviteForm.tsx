/** Inviting somebody by mail. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { type Role, type SentInvitation, useInvite } from '../../api/people';
import { Button, Refusal } from '../../parts/basics';
import { CameraChoice, type Shared } from './CameraChoice';
import { RoleOptions } from './RoleOptions';

export function InviteForm({ onSent }: { onSent: (sent: SentInvitation) => void }) {
  const invite = useInvite();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('view');
  const [shared, setShared] = useState<Shared>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate(
      { email: email.trim(), role, cameras: role === 'view' ? shared : null },
      {
        onSuccess: (sent) => {
          setEmail('');
          setShared(null);
          onSent(sent);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form" aria-label={t`Invite`}>
      <TextField value={email} onChange={setEmail} type="email" isRequired>
        <Label>{t`Invite by e-mail`}</Label>
        <Input />
      </TextField>
      <label className="field">
        <span>{t`As`}</span>
        <select value={role} onChange={(event) => setRole(event.target.value as Role)}>
          <RoleOptions />
        </select>
      </label>
      {role === 'view' ? <CameraChoice whose={t`the guest`} value={shared} onChange={setShared} /> : null}
      <Button
        type="submit"
        tone="main"
        isDisabled={!email.trim() || (role === 'view' && shared?.length === 0)}
        isPending={invite.isPending}
      >
        {t`Invite`}
      </Button>
      <Refusal of={invite} />
    </form>
  );
}
