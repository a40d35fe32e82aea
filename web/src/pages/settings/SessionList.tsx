/** Where one is signed in, and ending that elsewhere. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEndSession, useOwnSessions } from '../../api/sessions';
import { Ago, Button, Clock, Failure, Loading } from '../../parts/basics';
import { ask, sayWhy } from '../../shell/ask';
import { browserName } from './browsers';

export function SessionList() {
  const sessions = useOwnSessions();
  const end = useEndSession();
  const others = sessions.data?.filter((one) => !one.current).length ?? 0;
  const askAndEnd = async (title: string, id?: string) => {
    if (!(await ask(title, t`Whoever uses it there has to sign in again.`, t`End it`))) return;
    end.mutateAsync(id).catch(sayWhy);
  };
  return (
    <>
      <h2>{t`Where you are signed in`}</h2>
      {sessions.isPending ? <Loading what={t`sessions`} /> : null}
      {sessions.isError ? <Failure error={sessions.error} retry={() => void sessions.refetch()} /> : null}
      <ul className="lines">
        {sessions.data?.map((one) => {
          const name = browserName(one.agent);
          return (
            <li key={one.id}>
              <div>
                <strong>{name}</strong>{' '}
                {one.current ? <span className="badge tone-accent">{t`this browser`}</span> : null}
                <p className="soft small">
                  <Trans>
                    {one.address ? t`from ${one.address} · ` : ''}signed in <Clock at={one.created_at} />
                    {one.method && one.method !== 'password' ? t` by ${one.method}` : ''} · used{' '}
                    <Ago at={one.used_at} /> · until <Clock at={one.expires_at} />
                  </Trans>
                </p>
              </div>
              {one.current ? null : (
                <Button
                  onPress={() => void askAndEnd(t`End the session of ${name}?`, one.id)}
                  aria-label={t`End the session of ${name}${one.address ? t` from ${one.address}` : ''}`}
                >
                  {t`End`}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {others > 1 ? (
        <div className="actions">
          <Button onPress={() => void askAndEnd(t`End all other sessions?`)}>{t`End all others`}</Button>
        </div>
      ) : null}
    </>
  );
}
