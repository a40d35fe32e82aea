/** Tokens with which gateways, analyzers and programs speak to the server: generate, show once, rotate, revoke. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useId, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useSession } from '../../api/queries';
import { useCreateToken, useEndFormerSecret, useRevokeToken, useTokens } from '../../api/tokens';
import type { Token, TokenKind } from '../../api/types';
import { Ago, Button, Clock, Empty, Failure, Loading, Refusal, useNow } from '../../parts/basics';
import { ask, sayWhy } from '../../shell/ask';
import { KEPT_AS_HASH, OnceShown } from './OnceShown';
import { RotateDialog } from './RotateDialog';
import { LIVES, type TokenState, tokenState } from './tokens';

const KINDS: [TokenKind, string][] = [
  ['gateway', t`Gateway: doors and events of one access control system`],
  ['analyzer', t`Analyzer: reads cameras and sends crossings and evidence`],
  ['read', t`Program that reads: sees what people who may view see`],
  ['api', t`Program that changes things: may do all that an owner may`],
];

interface Secret {
  what: string;
  token: string;
}

export function TokensPart() {
  const tokens = useTokens();
  const rights = useSession().data?.permissions ?? [];
  const [secret, setSecret] = useState<Secret | null>(null);
  const [rotating, setRotating] = useState<Token | null>(null);
  if (!rights.includes('manage')) {
    return (
      <Empty title={t`Tokens are for those who may manage`}>
        <Trans>The owner of the account and people with the role manage generate tokens; ask one of them.</Trans>
      </Empty>
    );
  }
  return (
    <section className="part">
      {secret ? (
        <OnceShown
          key={secret.token}
          what={`${secret.what} ${KEPT_AS_HASH}`}
          secret={secret.token}
          onClose={() => setSecret(null)}
        />
      ) : null}
      <NewToken
        mayAll={rights.includes('own')}
        onToken={(token, name) => setSecret({ what: t`The new token ${name}.`, token })}
      />
      {tokens.isPending ? <Loading what={t`tokens`} /> : null}
      {tokens.isError ? <Failure error={tokens.error} retry={() => void tokens.refetch()} /> : null}
      {tokens.data && !tokens.data.length ? (
        <Empty title={t`No token yet`}>
          <Trans>A gateway needs one to deliver access events; generate it above.</Trans>
        </Empty>
      ) : null}
      <ul className="lines">
        {tokens.data?.map((token) => (
          <TokenLine key={token.id} token={token} onRotate={() => setRotating(token)} />
        ))}
      </ul>
      {rotating ? (
        <RotateDialog
          token={rotating}
          onClose={() => setRotating(null)}
          onRotated={(token, name) => setSecret({ what: t`The new secret of ${name}.`, token })}
        />
      ) : null}
    </section>
  );
}

function NewToken({ mayAll, onToken }: { mayAll: boolean; onToken: (token: string, name: string) => void }) {
  const create = useCreateToken();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<TokenKind>('gateway');
  const [days, setDays] = useState('');
  const lifeId = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name: name.trim(), kind, expires_days: days ? Number(days) : undefined },
      {
        onSuccess: ({ token, info }) => {
          setName('');
          onToken(token, info.name);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={name} onChange={setName} isRequired maxLength={200}>
        <Label>{t`Name`}</Label>
        <Input placeholder={t`Genetec, building A`} />
      </TextField>
      <label className="field wide">
        <span>{t`For`}</span>
        <select value={kind} onChange={(event) => setKind(event.target.value as TokenKind)}>
          {KINDS.filter(([value]) => mayAll || value !== 'api').map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <div className="field">
        <label htmlFor={lifeId}>{t`Works`}</label>
        <select id={lifeId} value={days} onChange={(event) => setDays(event.target.value)}>
          {LIVES.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </div>
      <Button type="submit" tone="main" isDisabled={!name.trim()} isPending={create.isPending}>
        {t`Generate token`}
      </Button>
      <Refusal of={create} />
    </form>
  );
}

const STATE_BADGES: Partial<Record<TokenState, [string, string]>> = {
  expired: ['expired', 'tone-excess'],
  ending: [t`ends soon`, 'tone-possible'],
  two: [t`two secrets`, 'tone-accent'],
};

function TokenLine({ token, onRotate }: { token: Token; onRotate: () => void }) {
  const revoke = useRevokeToken();
  const state = tokenState(token, useNow());
  const badge = STATE_BADGES[state];
  const askAndRevoke = async () => {
    const text = t`Whatever uses it is refused from then on; what it keeps in its spool waits for a new token.`;
    if (await ask(t`Revoke ${token.name}?`, text, t`Revoke`)) {
      revoke.mutateAsync(token.id).catch(sayWhy);
    }
  };
  return (
    <li>
      <div>
        <strong>{token.name}</strong> <span className="badge quiet">{token.kind}</span>{' '}
        {badge ? <span className={`badge ${badge[1]}`}>{badge[0]}</span> : null}
        <p className="soft small">
          <Trans>
            <code>{token.prefix}…</code> · generated <Clock at={token.created_at} />
            {token.created_by ? t` by ${token.created_by}` : ''}
          </Trans>
          {token.rotated_at ? (
            <>
              {' '}
              <Trans>
                · rotated <Clock at={token.rotated_at} />
              </Trans>
            </>
          ) : null}
          {token.expires_at ? (
            <>
              {' '}
              · {token.expired ? t`ended` : t`works until`} <Clock at={token.expires_at} />
            </>
          ) : null}
        </p>
        <p className="soft small">
          {token.last_used_at ? (
            <Trans>
              used <Ago at={token.last_used_at} />
              {token.last_used_from ? t` from ${token.last_used_from}` : ''}
            </Trans>
          ) : (
            t`never used`
          )}
        </p>
        {state === 'two' ? <FormerSecret token={token} /> : null}
      </div>
      <div className="actions">
        {token.created_by === 'system' ? null : (
          <Button onPress={onRotate} isDisabled={token.expired} aria-label={t`Rotate ${token.name}`}>
            {t`Rotate`}
          </Button>
        )}
        <Button onPress={() => void askAndRevoke()} aria-label={t`Revoke ${token.name}`}>
          {t`Revoke`}
        </Button>
      </div>
    </li>
  );
}

/** What is known of the secret that still works beside the new one, and an end to it. */
function FormerSecret({ token }: { token: Token }) {
  const end = useEndFormerSecret();
  const askAndEnd = async () => {
    const text = t`Whatever still uses the former secret is refused from then on.`;
    if (await ask(t`End the former secret of ${token.name}?`, text, t`End it`)) {
      end.mutateAsync(token.id).catch(sayWhy);
    }
  };
  return (
    <p className="small former">
      <span>
        <Trans>
          The former secret works until <Clock at={token.former_until ?? ''} />
        </Trans>
        {token.former_used_at ? (
          <>
            {' '}
            <Trans>
              and was used <Ago at={token.former_used_at} />
            </Trans>
          </>
        ) : (
          t`; nothing used it since`
        )}
        .
      </span>
      <Button onPress={() => void askAndEnd()} aria-label={t`End the former secret of ${token.name}`}>
        {t`End it now`}
      </Button>
    </p>
  );
}
