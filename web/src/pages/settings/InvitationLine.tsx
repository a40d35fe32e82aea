/** Somebody who was invited and has not come yet, among the people of the account. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type Invitation, ROLES, type SentInvitation, useInviteAgain, useTakeBack } from '../../api/people';
import { Ago, Button } from '../../parts/basics';
import { ask, sayWhy } from '../../shell/ask';
import { sharedWord } from './CameraChoice';

interface LineProps {
  invitation: Invitation;
  mayInvite: boolean;
  onSent: (sent: SentInvitation) => void;
}

export function InvitationLine({ invitation, mayInvite, onSent }: LineProps) {
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
        <strong>{invitation.email}</strong> <span className="badge quiet">{ROLES[invitation.role].word}</span>{' '}
        {invitation.expired ? (
          <span className="badge tone-refused">{t`Expired`}</span>
        ) : (
          <span className="badge tone-possible">{t`Invited`}</span>
        )}
        <p className="soft small">
          <Trans>
            Invited <Ago at={invitation.created_at} /> by {invitation.invited_by}
            {invitation.cameras ? `; ${sharedWord(invitation.cameras)}` : ''}
            {invitation.expired || invitation.mailed_at ? '' : t`; not mailed, the link was shown`}
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
