/** In which account this browser acts, and the way to another one. */
import { t } from '@lingui/core/macro';
import { useSwitchAccount } from '../api/accounts';
import type { Session } from '../api/types';
import { sayWhy } from './ask';

export function AccountChoice({ session }: { session: Session }) {
  const change = useSwitchAccount();
  if (session.accounts.length < 2) return null;
  return (
    <select
      className="account-choice"
      aria-label={t`Account`}
      value={session.account.id}
      disabled={change.isPending}
      onChange={(event) => change.mutateAsync(event.target.value).catch(sayWhy)}
    >
      {session.accounts.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name}
        </option>
      ))}
    </select>
  );
}
