/** The account requires a second factor: until there is one, nothing else is shown. */
import { useSignOut } from '../../api/queries';
import type { Session } from '../../api/types';
import { Button } from '../../parts/basics';
import { AskHost } from '../../shell/ask';
import { Logo } from '../../shell/Logo';
import { ProofHost } from '../../shell/ProofHost';
import { SecondFactor } from '../settings/SecondFactor';

export function FactorGate({ session, onDone }: { session: Session; onDone: () => void }) {
  const signOut = useSignOut();
  return (
    <main className="sign-in">
      <div className="sign-in-box wide">
        <Logo />
        <h1>A second factor is required</h1>
        {session.limited && session.second_factor ? (
          <p>
            {session.account.name} asks for it since you signed in: sign in again, with a code of your authenticator
            app.
          </p>
        ) : (
          <>
            <p>{session.account.name} asks everybody for one. Add an authenticator app to go on.</p>
            <SecondFactor onDone={onDone} />
          </>
        )}
        <Button onPress={() => signOut.mutate()}>Sign out</Button>
      </div>
      <AskHost />
      <ProofHost withCode={session.second_factor} />
    </main>
  );
}
