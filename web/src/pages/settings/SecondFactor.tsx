/** One's own second factors: an authenticator app, passkeys, recovery codes. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import {
  useConfirmAuthenticator,
  useFactors,
  useProposeAuthenticator,
  useRemoveAuthenticator,
  useRenewCodes,
} from '../../api/factors';
import { Button, Clock, Failure, Loading, Refusal, refusalShown } from '../../parts/basics';
import { CodeField } from '../../parts/CodeField';
import { ask, sayWhy } from '../../shell/ask';
import { OnceShown } from './OnceShown';
import { PasskeyList } from './PasskeyList';

export function SecondFactor({ onDone }: { onDone?: () => void }) {
  const factors = useFactors();
  const propose = useProposeAuthenticator();
  const remove = useRemoveAuthenticator();
  const renew = useRenewCodes();
  const cache = useQueryClient();
  const [codes, setCodes] = useState<string[] | null>(null);
  const done = () => {
    setCodes(null);
    // Where a second factor was required before anything else, all pages are open now.
    void cache.invalidateQueries().then(onDone);
  };
  if (factors.isPending) return <Loading what={t`the second factor`} />;
  if (factors.isError) return <Failure error={factors.error} retry={() => void factors.refetch()} />;
  if (codes) {
    return (
      <OnceShown
        what={t`Your recovery codes. Each stands in for app and passkeys once, such as when the telephone is lost. They are shown this once: print them or keep them in a safe place.`}
        secret={codes.join('\n')}
        onClose={done}
      />
    );
  }
  const { authenticator_since: since, recovery_codes_left: left, required, passkeys } = factors.data;
  const any = since !== null || passkeys.length > 0;
  const askAndRemove = async () => {
    const text = passkeys.length
      ? t`Your passkeys stay, and are asked for when you sign in.`
      : t`Your password alone will sign you in, and your recovery codes end.`;
    if (await ask(t`Remove the authenticator app?`, text, t`Remove`)) remove.mutateAsync().catch(sayWhy);
  };
  const askAndRenew = async () => {
    const text = t`The recovery codes that you have end, and you are shown ten new ones.`;
    if (!(await ask(t`New recovery codes?`, text, t`Make new ones`))) return;
    renew.mutateAsync().then((made) => setCodes(made.recovery_codes), sayWhy);
  };
  if (propose.data && !since) {
    return (
      <Confirm
        app={propose.data}
        onConfirmed={(made) => (made.length ? setCodes(made) : done())}
        onCancel={() => propose.reset()}
      />
    );
  }
  return (
    <>
      <div className="line-form">
        {any ? (
          <p>
            {since ? (
              <Trans>
                Your authenticator app is asked for since <Clock at={since} />.
              </Trans>
            ) : (
              t`A passkey is asked for.`
            )}{' '}
            <Trans>{left} recovery codes are left.</Trans>
          </p>
        ) : (
          <p>
            <Trans>
              Nothing more is asked for when you have signed in. With an authenticator app on your telephone, or a
              passkey, a stolen password opens nothing.
            </Trans>
          </p>
        )}
        <div className="actions">
          {any ? (
            <Button onPress={() => void askAndRenew()} isPending={renew.isPending}>
              {t`New recovery codes`}
            </Button>
          ) : null}
          {since ? (
            required && passkeys.length === 0 ? null : (
              <Button onPress={() => void askAndRemove()} isPending={remove.isPending}>
                {t`Remove the app`}
              </Button>
            )
          ) : (
            <Button
              tone={any ? 'plain' : 'main'}
              onPress={() => propose.mutateAsync().catch(sayWhy)}
              isPending={propose.isPending}
            >
              {t`Add an authenticator app`}
            </Button>
          )}
        </div>
      </div>
      <PasskeyList
        passkeys={passkeys}
        possible={factors.data.passkeys_possible}
        keepLast={required && !since}
        onCodes={setCodes}
      />
    </>
  );
}

interface ConfirmProps {
  app: { secret: string; picture: string };
  onConfirmed: (codes: string[]) => void;
  onCancel: () => void;
}

function Confirm({ app, onConfirmed, onCancel }: ConfirmProps) {
  const confirm = useConfirmAuthenticator();
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (confirm.isPending) return;
    // Shown once, and this may be gone by then: the factors are told anew before the answer is here.
    confirm.mutateAsync(code).then((made) => onConfirmed(made.recovery_codes), refusalShown);
  };
  return (
    <form onSubmit={submit} className="new-factor">
      <img src={app.picture} alt={t`QR code for an authenticator app; the same as text stands beside it`} />
      <div className="new-factor-words">
        <p>
          <Trans>Scan this with an authenticator app, or type the secret into it:</Trans>
        </p>
        <code className="secret">{app.secret.match(/.{1,4}/g)?.join(' ')}</code>
        <CodeField label={t`The six digits that the app shows now`} value={code} onChange={setCode} autoFocus />
        <Refusal of={confirm} />
        <div className="actions">
          <Button type="submit" tone="main" isDisabled={code.length < 6} isPending={confirm.isPending}>
            {t`Confirm`}
          </Button>
          <Button onPress={onCancel}>{t`Cancel`}</Button>
        </div>
      </div>
    </form>
  );
}
