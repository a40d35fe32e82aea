/** One person of the account: the role, a new password, and the way out. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { ROLES, type Role, useHandOver, useLeave, useRemovePerson, useSetRole } from '../../api/people';
import type { User } from '../../api/types';
import { Button } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { CameraDialog, sharedWord } from './CameraChoice';
import { RoleOptions } from './RoleOptions';

interface Props {
  user: User;
  /** Whether this is who looks at the page. */
  mine: boolean;
  mayChange: boolean;
  onNewPassword: (user: User) => void;
}

export function PersonLine({ user, mine, mayChange, onNewPassword }: Props) {
  const setRole = useSetRole();
  const remove = useRemovePerson();
  const handOver = useHandOver();
  const leave = useLeave();
  const [sharing, setSharing] = useState(false);
  const onError = (error: Error) => say(error.message);
  const askAndRemove = async () => {
    const text = t`All sessions in this account end at once. Who belongs to no other account is forgotten here.`;
    if (await ask(t`Remove ${user.email} from the account?`, text, t`Remove`)) remove.mutate(user.id, { onError });
  };
  const askAndHandOver = async () => {
    const text = t`That person becomes an owner; you keep Can Manage, and cannot take it back yourself.`;
    if (await ask(t`Hand the account over to ${user.email}?`, text, t`Hand over`))
      handOver.mutate(user.id, { onError });
  };
  const askAndLeave = async () => {
    const text = t`You are signed out, and see nothing of this account any more.`;
    if (await ask(t`Leave this account?`, text, t`Leave`)) leave.mutate(undefined, { onError });
  };
  return (
    <li>
      <div>
        <strong>{user.name || user.email}</strong>{' '}
        {mayChange && !mine ? (
          <select
            aria-label={t`Role of ${user.email}`}
            value={user.role}
            disabled={setRole.isPending}
            onChange={(event) => setRole.mutate({ id: user.id, role: event.target.value as Role }, { onError })}
          >
            <RoleOptions short />
          </select>
        ) : (
          <span className="badge quiet">{ROLES[user.role].word}</span>
        )}
        <p className="soft small">
          {user.email}
          {mine ? t` (you)` : ''}
          {user.role === 'view' ? `; ${sharedWord(user.cameras)}` : ''}
        </p>
      </div>
      <div className="actions">
        {mine ? (
          <Button onPress={() => void askAndLeave()} isPending={leave.isPending}>
            {t`Leave`}
          </Button>
        ) : null}
        {mayChange && !mine ? (
          <>
            {user.role === 'view' ? (
              <Button onPress={() => setSharing(true)} aria-label={t`Cameras of ${user.email}`}>
                {t`Cameras`}
              </Button>
            ) : null}
            <Button onPress={() => onNewPassword(user)} aria-label={t`New password for ${user.email}`}>
              {t`New password`}
            </Button>
            {user.role === 'owner' ? null : (
              <Button onPress={() => void askAndHandOver()} aria-label={t`Hand over to ${user.email}`}>
                {t`Hand over`}
              </Button>
            )}
            <Button onPress={() => void askAndRemove()} aria-label={t`Remove ${user.email}`}>
              {t`Remove`}
            </Button>
          </>
        ) : null}
        {sharing ? <CameraDialog user={user} onClose={() => setSharing(false)} /> : null}
      </div>
    </li>
  );
}
