/** One person of the account: the role, what was lost or stolen, and the way out. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import {
  ROLES,
  type Role,
  useEndSessionsOf,
  useHandOver,
  useLeave,
  useRemovePerson,
  useResetFactors,
  useSetRole,
} from '../../api/people';
import type { Member, User } from '../../api/types';
import { Ago, Button } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { CameraDialog, sharedWord } from './CameraChoice';
import { RoleOptions } from './RoleOptions';

interface Props {
  user: Member;
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
  const endSessions = useEndSessionsOf();
  const resetFactors = useResetFactors();
  const [sharing, setSharing] = useState(false);
  const askAndRemove = async () => {
    const text = t`All sessions in this account end at once. Who belongs to no other account is forgotten here.`;
    if (await ask(t`Remove ${user.email} from the account?`, text, t`Remove`))
      remove.mutateAsync(user.id).catch(sayWhy);
  };
  const askAndHandOver = async () => {
    const text = t`That person becomes an owner; you keep Can Manage, and cannot take it back yourself.`;
    if (await ask(t`Hand the account over to ${user.email}?`, text, t`Hand over`))
      handOver.mutateAsync(user.id).catch(sayWhy);
  };
  const askAndEndSessions = async () => {
    const text = t`Every browser in which this person acts in the account is signed out at once.`;
    if (!(await ask(t`Sign ${user.email} out everywhere?`, text, t`Sign out`))) return;
    endSessions
      .mutateAsync(user.id)
      .then(
        ({ ended }) =>
          say(plural(ended, { one: '1 browser was signed out.', other: `${ended} browsers were signed out.` })),
        sayWhy,
      );
  };
  const askAndResetFactors = async () => {
    const text = t`Authenticator app, passkeys and recovery codes stop working, and all sessions end. The password alone signs in until a new one is set up.`;
    if (!(await ask(t`Reset the second factor of ${user.email}?`, text, t`Reset`))) return;
    resetFactors.mutateAsync(user.id).then(() => say(t`The second factor of ${user.email} is reset.`), sayWhy);
  };
  const askAndLeave = async () => {
    const text = t`You are signed out, and see nothing of this account any more.`;
    if (await ask(t`Leave this account?`, text, t`Leave`)) leave.mutateAsync().catch(sayWhy);
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
            onChange={(event) => setRole.mutateAsync({ id: user.id, role: event.target.value as Role }).catch(sayWhy)}
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
          <Seen user={user} />
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
            <Button onPress={() => void askAndEndSessions()} aria-label={t`Sign ${user.email} out everywhere`}>
              {t`Sign out`}
            </Button>
            <Button onPress={() => void askAndResetFactors()} aria-label={t`Reset the second factor of ${user.email}`}>
              {t`Reset second factor`}
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

/** When the person was last here, and what of the first sign-in is still to come. */
function Seen({ user }: { user: Member }) {
  if (user.password_ends_at) {
    const over = new Date(user.password_ends_at) <= new Date();
    return over ? t`; the password that was made for them has ended` : t`; has not replaced the password that was made`;
  }
  if (!user.last_seen_at) return t`; has not signed in yet`;
  return (
    <Trans>
      ; signed in <Ago at={user.last_seen_at} />
    </Trans>
  );
}
