/** Where the provider of single sign-on sends people back to, and where a window begins that asks for a proof. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { tellProof, useBeginSignOn, useFinishSignOn, useWays } from '../../api/signOn';
import { Button, refusalShown } from '../../parts/basics';
import { linkTo, navigate, usePlace } from '../../shell/router';
import { SigningBox, Trouble } from './Box';

/** The button that leads to the provider; nothing where there is none. */
export function ProviderButton({ returnTo, word = t`Sign in` }: { returnTo: string; word?: string }) {
  const provider = useWays().data?.provider;
  const begin = useBeginSignOn();
  if (!provider) return null;
  return (
    <>
      <Button
        tone="main"
        onPress={() => begin.mutate({ purpose: 'sign in', return_to: returnTo })}
        isPending={begin.isPending}
      >
        <Trans>
          {word} with {provider}
        </Trans>
      </Button>
      <Trouble error={begin.error} />
    </>
  );
}

export function SignOnPage() {
  const { query } = usePlace();
  const back = ['state', 'code', 'error'].some((name) => query.has(name));
  return back ? <Back query={query} /> : <ProofWindow />;
}

/** Back from the provider. */
function Back({ query }: { query: URLSearchParams }) {
  const finish = useFinishSignOn();
  const begun = useRef(false);
  useEffect(() => {
    // What the provider sent is good once.
    if (begun.current) return;
    begun.current = true;
    finish.mutateAsync(query).then(({ purpose, return_to }) => {
      if (purpose === 'sign in') {
        void navigate(return_to, { replace: true });
        return;
      }
      tellProof();
      window.close();
    }, refusalShown);
  }, [finish.mutateAsync, query]);
  if (finish.isError) {
    return (
      <SigningBox title={t`Sign in`}>
        <Trouble error={finish.error} />
        <p>
          <a {...linkTo('/')}>{t`To the sign-in`}</a>
        </p>
      </SigningBox>
    );
  }
  const proved = finish.data?.purpose === 'prove';
  return (
    <SigningBox title={proved ? t`Thank you` : t`Signing in`}>
      <p role="status">{proved ? t`It is you. This window may be closed.` : t`One moment…`}</p>
    </SigningBox>
  );
}

/** A window of its own that goes to the provider at once, for a proof. */
function ProofWindow() {
  const begin = useBeginSignOn();
  const begun = useRef(false);
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    begin.mutate({ purpose: 'prove', return_to: '/' });
  }, [begin.mutate]);
  return (
    <SigningBox title={t`Is it you?`}>
      {begin.isError ? <Trouble error={begin.error} /> : <p role="status">{t`One moment…`}</p>}
    </SigningBox>
  );
}
