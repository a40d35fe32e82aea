/** Inviting people by mail, and those who have not come yet. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import {
  type Invitation,
  ROLES,
  type Role,
  type SentInvitation,
  useInvitations,
  useInvite,
  useInviteAgain,
  useTakeBack,
} from '../../api/people';
import { Ago, Button, Failure, Refusal } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { CameraChoice, type Shared, sharedWord } from './CameraChoice';
import { OnceShown } from './OnceShown';
import { RoleOptions } from './RoleOptions';

export function InvitationsPart({ mayInvite }: { mayInvite: boolean }) {
  const waiting = useInvitations();
  const [sent, setSent] = useState<SentInvitation | null>(null);
  const told = (found: SentInvitation) => {
    setSent(found.problem ? found : null);
    if (!found.problem) say(t`The invitation is on its way to ${found.invitation.email}.`);
  };
  return (
    <>
      {sent ? (
        <OnceShown
          what={t`No mail went to ${sent.invitation.email}: ${sent.problem ?? ''}. The link works once and is shown this once.`}
          secret={sent.url}
          onClose={() => setSent(null)}
        />
      ) : null}
      {mayInvite ? <InviteForm onSent={told} /> : null}
      {waiting.isError ? <Failure error={waiting.error} retry={() => void waiting.refetch()} /> : null}
      {waiting.data?.length ? (
        <>
          <h2>{t`Invited`}</h2>
          <ul className="lines" aria-label={t`Invited`}>
            {waiting.data.map((one) => (
              <InvitationLine key={one.invitation_id} invitation={one} mayInvite={mayInvite} onSent={told} />
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
}

interface LineProps {
  invitation: Invitation;
  mayInvite: boolean;
  onSent: (sent: SentInvitation) => void;
}

function InvitationLine({ invitation, mayInvite, onSent }: LineProps) {
  const again = useInviteAgain();
  const takeBack = useTakeBack();
  const askAndTakeBack = async () => {
    const text = t`The link that was sent stops working.`;
    if (await ask(t`Take the invitation of ${invitation.email} back?`, text, t`Take it back`)) {
      takeBack.mutateAsync(invitation.invitation_id).catch(sayWhy);
    }
  };
  return (
    <li>
      <div>
        <strong>{invitation.email}</strong> <span className="badge quiet">{ROLES[invitation.role].word}</span>
        <p className="soft small">
          <Trans>
            Invited <Ago at={invitation.created_at} /> by {invitation.invited_by}
            {invitation.cameras ? `; ${sharedWord(invitation.cameras)}` : ''}
            {invitation.expired ? t`; expired` : invitation.mailed_at ? '' : t`; not mailed, the link was shown`}
          </Trans>
        </p>
      </div>
      {mayInvite ? (
        <div className="actions">
          <Button
            // The new invitation is another line: this one is gone when the answer comes.
            onPress={() => void again.mutateAsync(invitation.invitation_id).then(onSent, sayWhy)}
            isPending={again.isPending}
            aria-label={t`Invite ${invitation.email} again`}
          >
            {t`Send again`}
          </Button>
          <Button onPress={() => void askAndTakeBack()} aria-label={t`Take the invitation of ${invitation.email} back`}>
            {t`Take back`}
          </Button>
        </div>
      ) : null}
    </li>
  );
}

function InviteForm({ onSent }: { onSent: (sent: SentInvitation) => void }) {
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
