/** How the gateways are: connection, coverage, queues, rates, refused events, errors and log lines. */
import { type Gateway, useAcceptDoorList, useGateways } from '../../api/integrations';
import { useSession } from '../../api/queries';
import { Ago, Button, Clock, Empty, Failure, Loading } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { ask, say } from '../../shell/ask';
import { linkTo } from '../../shell/router';
import { factsOf, queuesOf } from './gatewayFacts';

export function GatewaysPart() {
  const gateways = useGateways();
  return (
    <section className="gateways-part" aria-label="Gateways">
      {gateways.isPending ? <Loading what="gateways" /> : null}
      {gateways.isError ? <Failure error={gateways.error} retry={() => void gateways.refetch()} /> : null}
      {gateways.data && !gateways.data.length ? (
        <Empty title="No access control system yet">
          Create a gateway token under <a {...linkTo('/settings/tokens')}>Tokens</a> and put it into the gateway's
          values.yaml.
        </Empty>
      ) : null}
      {gateways.data?.map((gateway) => (
        <GatewayCard key={gateway.pacs_id} gateway={gateway} />
      ))}
    </section>
  );
}

function GatewayCard({ gateway }: { gateway: Gateway }) {
  const queues = queuesOf(gateway.stats);
  return (
    <article className="gateway-card">
      <header>
        <h2>{gateway.name}</h2>
        <Health gateway={gateway} />
      </header>
      {gateway.held.map((held) => (
        <Held key={held.gateway_id} pacs={gateway.pacs_id} held={held} />
      ))}
      <dl className="facts">
        <div>
          <dt>Everything is here until</dt>
          <dd>{gateway.covered_until ? <Clock at={gateway.covered_until} /> : 'not told yet'}</dd>
        </div>
        {factsOf(gateway.stats).map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {queues.map(([name, length]) => (
          <div key={name} className={length > 1000 ? 'tone-possible' : ''}>
            <dt>Waiting: {name}</dt>
            <dd>{length}</dd>
          </div>
        ))}
      </dl>
      {gateway.stats_at ? (
        <p className="soft small">
          Figures of <Ago at={gateway.stats_at} />
        </p>
      ) : null}
      {gateway.refused?.length ? (
        <p className="tone-possible">
          <Shape name="refused" /> The access control system does not give: {gateway.refused.join(', ')}
        </p>
      ) : null}
      <EventNames names={gateway.subscribed} />
      <Lines title="Errors" lines={gateway.errors} empty="No error was reported." open={gateway.errors.length > 0} />
      <Lines title="Log" lines={gateway.logs} empty="No line was sent yet." />
    </article>
  );
}

function Health({ gateway }: { gateway: Gateway }) {
  return (
    <p className={`health ${gateway.connected ? 'good' : 'bad'}`}>
      <Shape name={gateway.connected ? 'pulse' : 'slash'} />
      {gateway.connected ? 'Connected' : gateway.heard_at ? 'Silent since' : 'Never heard of'}
      {!gateway.connected && gateway.heard_at ? (
        <>
          {' '}
          <Clock at={gateway.heard_at} />
        </>
      ) : null}
    </p>
  );
}

function Held({ pacs, held }: { pacs: string; held: Gateway['held'][number] }) {
  const accept = useAcceptDoorList();
  const mayAccept = useSession().data?.user.role !== 'view';
  const onAccept = async () => {
    const text = 'They are dropped; those that are mapped to cameras stay, marked stale, until you clear them.';
    if (
      !(await ask(
        held.dropped.length === 1 ? 'Let 1 door go?' : `Let ${held.dropped.length} doors go?`,
        text,
        'Let them go',
      ))
    )
      return;
    accept.mutate({ pacs_id: pacs, gateway_id: held.gateway_id }, { onError: (error) => say(error.message) });
  };
  return (
    <div className="notice held-list" role="alert">
      <Shape name="question" />
      <div>
        <p className="notice-title">{held.reason}</p>
        <p className="small">
          Missing: {held.dropped.slice(0, 12).join(', ')}
          {held.dropped.length > 12 ? ` and ${held.dropped.length - 12} more` : ''}
        </p>
        {mayAccept ? <Button onPress={() => void onAccept()}>They are really gone</Button> : null}
      </div>
    </div>
  );
}

function EventNames({ names }: { names: Gateway['subscribed'] }) {
  if (!names) return null;
  return (
    <details>
      <summary>{names.length} event types are subscribed</summary>
      <p className="small">{names.join(', ')}</p>
    </details>
  );
}

function Lines(props: { title: string; lines: Gateway['logs']; empty: string; open?: boolean }) {
  const { title, lines, empty, open = false } = props;
  return (
    <details open={open}>
      <summary>
        {title} ({lines.length})
      </summary>
      {lines.length ? (
        <ol className="log-lines">
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no id, and the newest comes first
            <li key={`${line.at} ${index}`} className={line.level === 'error' ? 'tone-excess' : ''}>
              <Clock at={line.at} /> <span className="soft">{line.level}</span> {line.message}
              {line.count > 1 ? <span className="soft"> ({line.count} times)</span> : null}
              {Object.keys(line.context).length ? <code className="soft small"> {contextOf(line.context)}</code> : null}
            </li>
          ))}
        </ol>
      ) : (
        <p className="soft small">{empty}</p>
      )}
    </details>
  );
}

const contextOf = (context: Record<string, unknown>) =>
  Object.entries(context)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
