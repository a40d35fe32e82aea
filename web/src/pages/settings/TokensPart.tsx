/** Tokens with which gateways, analyzers and programs speak to the server: create, show once, revoke. */
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { useCreateToken, useRevokeToken, useTokens } from '../../api/queries';
import type { Token, TokenKind } from '../../api/types';
import { Ago, Button, Clock, Empty, Failure, Loading } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { KEPT_AS_HASH, OnceShown } from './OnceShown';

const KINDS: [TokenKind, string][] = [
  ['gateway', 'Gateway: sends the doors and access events of one access control system'],
  ['analyzer', 'Analyzer: reads cameras and sends crossings and evidence'],
  ['api', 'Program: reads and changes what its maker may'],
];

export function TokensPart() {
  const tokens = useTokens();
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <section className="part">
      {secret ? (
        <OnceShown what={`The new token. ${KEPT_AS_HASH}`} secret={secret} onClose={() => setSecret(null)} />
      ) : null}
      <NewToken onToken={setSecret} />
      {tokens.isPending ? <Loading what="tokens" /> : null}
      {tokens.isError ? <Failure error={tokens.error} retry={() => void tokens.refetch()} /> : null}
      {tokens.data && !tokens.data.length ? (
        <Empty title="No token yet">A gateway needs one to deliver access events; create it above.</Empty>
      ) : null}
      <ul className="lines">
        {tokens.data?.map((token) => (
          <TokenLine key={token.id} token={token} />
        ))}
      </ul>
    </section>
  );
}

function NewToken({ onToken }: { onToken: (secret: string) => void }) {
  const create = useCreateToken();
  const [name, setName] = useState('');
  const [kind, setKind] = useState<TokenKind>('gateway');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate(
      { name: name.trim(), kind },
      {
        onSuccess: ({ token }) => {
          setName('');
          onToken(token);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={name} onChange={setName} isRequired>
        <Label>Name</Label>
        <Input placeholder="Genetec, building A" />
      </TextField>
      <label className="field">
        <span>For</span>
        <select value={kind} onChange={(event) => setKind(event.target.value as TokenKind)}>
          {KINDS.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <Button type="submit" tone="main" isDisabled={!name.trim()} isPending={create.isPending}>
        Create token
      </Button>
      {create.isError ? (
        <p className="failure-text" role="alert">
          {create.error.message}
        </p>
      ) : null}
    </form>
  );
}

function TokenLine({ token }: { token: Token }) {
  const revoke = useRevokeToken();
  const askAndRevoke = async () => {
    const text = 'Whatever uses it is refused from then on; what it keeps in its spool waits for a new token.';
    if (await ask(`Revoke ${token.name}?`, text, 'Revoke')) {
      revoke.mutate(token.id, { onError: (error) => say(error.message) });
    }
  };
  return (
    <li className={token.revoked_at ? 'revoked' : ''}>
      <div>
        <strong>{token.name}</strong> <span className="badge quiet">{token.kind}</span>
        <p className="soft small">
          <code>{token.prefix}…</code> · created <Clock at={token.created_at} /> ·{' '}
          {token.last_used_at ? (
            <>
              used <Ago at={token.last_used_at} />
            </>
          ) : (
            'never used'
          )}
        </p>
      </div>
      {token.revoked_at ? (
        <span className="soft">
          revoked <Clock at={token.revoked_at} />
        </span>
      ) : (
        <Button onPress={() => void askAndRevoke()} aria-label={`Revoke ${token.name}`}>
          Revoke
        </Button>
      )}
    </li>
  );
}
