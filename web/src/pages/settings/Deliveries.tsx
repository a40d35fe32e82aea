/** What was sent, what waits and what was withheld; each with every try and the other side's own words. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import {
  type Delivery,
  type DeliveryState,
  type LastDelivery,
  useDeliverAgain,
  useDelivery,
  useOutbox,
} from '../../api/alerts';
import { Button, Clock, Empty, Failure, Loading } from '../../parts/basics';
import { sayWhy } from '../../shell/ask';
import { linkTo } from '../../shell/router';

const STATES: Record<DeliveryState, string> = {
  waiting: t`waiting`,
  sent: t`sent`,
  failed: t`failed`,
  withheld: t`withheld`,
};

/** A page of them, and the most that are listed: who looks for an older one narrows them to a state. */
const PAGE = 50;
const MOST = 500;

export function Deliveries({ title }: { title: string }) {
  const [state, setState] = useState<DeliveryState | null>(null);
  const [limit, setLimit] = useState(PAGE);
  const outbox = useOutbox(state, limit);
  return (
    <>
      <h2>{title}</h2>
      <label className="filters">
        {t`Which deliveries`}
        <select
          value={state ?? ''}
          onChange={(event) => {
            setState(STATE_NAMES.find((one) => one === event.target.value) ?? null);
            setLimit(PAGE);
          }}
        >
          <option value="">{t`all`}</option>
          {STATE_NAMES.map((one) => (
            <option key={one} value={one}>
              {STATES[one]}
            </option>
          ))}
        </select>
      </label>
      {outbox.isPending ? <Loading what={t`deliveries`} /> : null}
      {outbox.isError ? <Failure error={outbox.error} retry={() => void outbox.refetch()} /> : null}
      {outbox.data && !outbox.data.length && state ? <Empty title={t`There are none of these`} /> : null}
      {outbox.data && !outbox.data.length && !state ? (
        <Empty title={t`Nothing sent yet`}>
          <Trans>Mails and posts about incidents are listed here with what became of them.</Trans>
        </Empty>
      ) : null}
      <ul className="lines deliveries">
        {outbox.data?.map((mail) => (
          <DeliveryLine key={mail.mail_id} mail={mail} />
        ))}
      </ul>
      {outbox.data?.length === limit && limit < MOST ? (
        <Button onPress={() => setLimit(MOST)} isPending={outbox.isPlaceholderData}>
          {t`Show older ones`}
        </Button>
      ) : null}
    </>
  );
}

const STATE_NAMES: readonly DeliveryState[] = ['waiting', 'failed', 'withheld', 'sent'];

function nameOf(state: string) {
  const known = STATE_NAMES.find((one) => one === state);
  return known ? STATES[known] : state;
}

export function DeliveryLine({ mail }: { mail: Delivery }) {
  const again = useDeliverAgain();
  const [open, setOpen] = useState(false);
  return (
    <li>
      <div>
        {mail.incident_id ? (
          <a {...linkTo(`/incidents/${encodeURIComponent(mail.incident_id)}`)}>{mail.subject}</a>
        ) : (
          mail.subject
        )}
        <p className="soft small">
          <Trans>
            to {mail.to} · <Clock at={mail.at} />
          </Trans>
        </p>
        {mail.error ? (
          <p className={`small ${mail.state === 'withheld' ? 'soft' : 'failure-text'}`}>{mail.error}</p>
        ) : null}
        {open ? <Tries id={mail.mail_id} /> : null}
      </div>
      <div className="actions">
        <span className={`badge quiet mail-${mail.state}`}>{nameOf(mail.state)}</span>
        <Button
          tone="quiet"
          aria-expanded={open}
          onPress={() => setOpen(!open)}
          aria-label={t`Tries: ${mail.subject}, to ${mail.to}`}
        >
          {t`Tries`}
        </Button>
        {mail.state === 'waiting' ? null : (
          <Button
            onPress={() => again.mutateAsync(mail.mail_id).catch(sayWhy)}
            aria-label={t`Deliver again: ${mail.subject}, to ${mail.to}`}
          >
            {t`Again`}
          </Button>
        )}
      </div>
    </li>
  );
}

/** What became of the newest message to somebody. */
export function LastPost({ of: last }: { of: LastDelivery | null }) {
  if (!last) return <p className="soft small">{t`Nothing was posted yet.`}</p>;
  const state = nameOf(last.state);
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

function Tries({ id }: { id: string }) {
  const message = useDelivery(id);
  if (message.isPending) return <Loading what={t`the tries`} />;
  if (message.isError) return <Failure error={message.error} />;
  return (
    <ol className="tries small">
      {message.data.tries.map((one) => (
        <li key={one.number}>
          <Clock at={one.began_at} /> {one.error ?? t`taken after ${one.took_ms} ms`}
        </li>
      ))}
      {message.data.tries.length ? null : <li className="soft">{t`Not tried yet.`}</li>}
      {message.data.due_at ? (
        <li className="soft">
          <Trans>
            next try <Clock at={message.data.due_at} />
          </Trans>
        </li>
      ) : null}
    </ol>
  );
}
