/** Callbacks that other systems registered: what each hears, what became of its newest post; try, switch off, remove. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Switch } from 'react-aria-components';
import { type Callback, useCallbacks, useRemoveCallback, useSetCallback, useTestCallback } from '../../api/callbacks';
import { Button, Clock, Empty, Failure, Loading } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { STATES } from './Deliveries';

export function CallbacksPart() {
  const callbacks = useCallbacks();
  return (
    <>
      <h2>{t`Callbacks of other systems`}</h2>
      {callbacks.isPending ? <Loading what={t`callbacks`} /> : null}
      {callbacks.isError ? <Failure error={callbacks.error} retry={() => void callbacks.refetch()} /> : null}
      {callbacks.data && !callbacks.data.length ? (
        <Empty title={t`No callback yet`}>
          <Trans>
            Other systems register here what they want to hear of, by token, at <code>/api/callbacks</code>.
          </Trans>
        </Empty>
      ) : null}
      <ul className="lines">
        {callbacks.data?.map((callback) => (
          <CallbackLine key={callback.callback_id} callback={callback} />
        ))}
      </ul>
    </>
  );
}

function CallbackLine({ callback }: { callback: Callback }) {
  const set = useSetCallback();
  const test = useTestCallback();
  const remove = useRemoveCallback();
  const { callback_id: id, name, url, method, events, filter, message } = callback;
  const turn = (enabled: boolean) =>
    set.mutateAsync({ id, body: { name, url, method, events, filter, message, enabled } }).catch(sayWhy);
  const tryIt = () =>
    test.mutateAsync(id).then(() => say(t`A trial post is on its way; see the outbox below.`), sayWhy);
  const drop = async () => {
    if (await ask(t`Remove ${name}?`, t`Posts that wait for it are given up.`, t`Remove`)) {
      remove.mutateAsync(id).catch(sayWhy);
    }
  };
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p className="soft small address">
          {method} {url}
        </p>
        <p className="soft small">{events.join(', ')}</p>
        {filter ? <p className="soft small">{t`Only: ${filter}`}</p> : null}
        <LastPost of={callback.last_delivery} />
      </div>
      <div className="actions">
        <Switch
          className="switch"
          isSelected={callback.enabled}
          isDisabled={set.isPending}
          onChange={turn}
          aria-label={t`Post to ${name}`}
        >
          <span className="switch-track" aria-hidden="true" />
        </Switch>
        <Button onPress={tryIt} isPending={test.isPending} aria-label={t`Try ${name}`}>
          {t`Try`}
        </Button>
        <Button onPress={() => void drop()} aria-label={t`Remove ${name}`}>
          {t`Remove`}
        </Button>
      </div>
    </li>
  );
}

function LastPost({ of: last }: { of: Callback['last_delivery'] }) {
  if (!last) return <p className="soft small">{t`Nothing was posted yet.`}</p>;
  const state = STATES[last.state] ?? last.state;
  return (
    <>
      <p className="soft small">
        <Trans>
          Last post: {state}, <Clock at={last.at} />
        </Trans>
      </p>
      {last.error ? <p className="small failure-text">{last.error}</p> : null}
    </>
  );
}
