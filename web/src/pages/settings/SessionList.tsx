/** Where one is signed in, and ending that elsewhere. */
import { useEndSession, useOwnSessions } from '../../api/sessions';
import { Ago, Button, Clock, Failure, Loading } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { browserName } from './browsers';

export function SessionList() {
  const sessions = useOwnSessions();
  const end = useEndSession();
  const others = sessions.data?.filter((one) => !one.current).length ?? 0;
  const askAndEnd = async (title: string, id?: string) => {
    if (!(await ask(title, 'Whoever uses it there has to sign in again.', 'End it'))) return;
    end.mutate(id, { onError: (error) => say(error.message) });
  };
  return (
    <>
      <h2>Where you are signed in</h2>
      {sessions.isPending ? <Loading what="sessions" /> : null}
      {sessions.isError ? <Failure error={sessions.error} retry={() => void sessions.refetch()} /> : null}
      <ul className="lines">
        {sessions.data?.map((one) => {
          const name = browserName(one.agent);
          return (
            <li key={one.id}>
              <div>
                <strong>{name}</strong> {one.current ? <span className="badge tone-accent">this browser</span> : null}
                <p className="soft small">
                  {one.address ? `from ${one.address} · ` : ''}signed in <Clock at={one.created_at} />
                  {one.method && one.method !== 'password' ? ` by ${one.method}` : ''} · used <Ago at={one.used_at} /> ·
                  until <Clock at={one.expires_at} />
                </p>
              </div>
              {one.current ? null : (
                <Button
                  onPress={() => void askAndEnd(`End the session of ${name}?`, one.id)}
                  aria-label={`End the session of ${name}${one.address ? ` from ${one.address}` : ''}`}
                >
                  End
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {others > 1 ? (
        <div className="actions">
          <Button onPress={() => void askAndEnd('End all other sessions?')}>End all others</Button>
        </div>
      ) : null}
    </>
  );
}
