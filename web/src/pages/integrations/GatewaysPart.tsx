/** How the gateways are: connection, coverage, queues, rates, refused events, errors and log lines. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type Gateway, useAcceptDoorList, useGateways } from '../../api/integrations';
import { useSession } from '../../api/queries';
import { Ago, Button, Clock, Empty, Failure, Loading } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { ask, sayWhy } from '../../shell/ask';
import { linkTo } from '../../shell/router';
import { factsOf, queuesOf } from './gatewayFacts';

export function GatewaysPart() {
  const gateways = useGateways();
  return (
    <section className="gateways-part" aria-label={t`Gateways`}>
      {gateways.isPending ? <Loading what={t`gateways`} /> : null}
      {gateways.isError ? <Failure error={gateways.error} retry={() => void gateways.refetch()} /> : null}
      {gateways.data && !gateways.data.length ? (
        <Empty title={t`No access control system yet`}>
          <Trans>
            Create a gateway token under <a {...linkTo('/settings/tokens')}>Tokens</a> and put it into the gateway's
            values.yaml.
          </Trans>
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
      <dl className="gateway-facts">
        <div>
          <dt>{t`Everything is here until`}</dt>
          <dd>{gateway.covered_until ? <Clock at={gateway.covered_until} /> : t`not told yet`}</dd>
        </div>
        {factsOf(gateway.stats).map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {queues.map(([name, length]) => (
          <div key={name} className={length > 1000 ? 'tone-possible' : ''}>
            <dt>
              <Trans>Waiting: {name}</Trans>
            </dt>
            <dd>{length}</dd>
          </div>
        ))}
      </dl>
      {gateway.stats_at ? (
        <p className="soft small">
          <Trans>
            Figures of <Ago at={gateway.stats_at} />
          </Trans>
        </p>
      ) : null}
      {gateway.refused?.length ? (
        <p className="tone-possible">
          <Shape name="refused" /> <Trans>The access control system does not give: {gateway.refused.join(', ')}</Trans>
        </p>
      ) : null}
      <EventNames names={gateway.subscribed} />
      <Lines
        title={t`Errors`}
        lines={gateway.errors}
        empty={t`No error was reported.`}
        open={gateway.errors.length > 0}
      />
      <Lines title={t`Log`} lines={gateway.logs} empty={t`No line was sent yet.`} />
    </article>
  );
}

function Health({ gateway }: { gateway: Gateway }) {
  return (
    <p className={`health ${gateway.connected ? 'good' : 'bad'}`}>
      <Shape name={gateway.connected ? 'pulse' : 'slash'} />
      {gateway.connected ? t`Connected` : gateway.heard_at ? t`Silent since` : t`Never heard of`}
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
    const text = t`They are dropped; those that are mapped to cameras stay, marked stale, until you clear them.`;
    if (
      !(await ask(
        plural(held.dropped.length, { one: 'Let 1 door go?', other: `Let ${held.dropped.length} doors go?` }),
        text,
        t`Let them go`,
      ))
    )
      return;
    accept.mutateAsync({ pacs_id: pacs, gateway_id: held.gateway_id }).catch(sayWhy);
  };
  return (
    <div className="notice held-list" role="alert">
      <Shape name="question" />
      <div>
        <p className="notice-title">{held.reason}</p>
        <p className="small">
          <Trans>
            Missing: {held.dropped.slice(0, 12).join(', ')}
            {held.dropped.length > 12 ? t` and ${held.dropped.length - 12} more` : ''}
          </Trans>
        </p>
        {mayAccept ? <Button onPress={() => void onAccept()}>{t`They are really gone`}</Button> : null}
      </div>
    </div>
  );
}

function EventNames({ names }: { names: Gateway['subscribed'] }) {
  if (!names) return null;
  return (
    <details>
      <summary>
        <Trans>{names.length} event types are subscribed</Trans>
      </summary>
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
              {line.count > 1 ? (
                <span className="soft">
                  {' '}
                  <Trans>({line.count} times)</Trans>
                </span>
              ) : null}
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
