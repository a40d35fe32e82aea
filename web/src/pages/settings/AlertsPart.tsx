/** Who is mailed about incidents and in which words, a trial mail, and what was sent. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useCallback, useState } from 'react';
import { Input, Label, Switch, TextArea, TextField } from 'react-aria-components';
import { useAlerts, useOutbox, useSaveAlerts, useTestAlert } from '../../api/queries';
import type { AlertSettings } from '../../api/types';
import { useDeliverAgain } from '../../api/webhooks';
import { Button, Clock, Empty, Failure, Loading } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { linkTo, useLeaveGuard } from '../../shell/router';
import { addressesIn, sameAlerts } from './alerts';
import { WebhooksPart } from './WebhooksPart';

export function AlertsPart() {
  const alerts = useAlerts();
  return (
    <section className="part">
      {alerts.isPending ? <Loading what={t`alerts`} /> : null}
      {alerts.isError ? <Failure error={alerts.error} retry={() => void alerts.refetch()} /> : null}
      {alerts.data ? <AlertForm key={JSON.stringify(alerts.data)} stored={alerts.data} /> : null}
      <WebhooksPart />
      <Outbox />
    </section>
  );
}

function AlertForm({ stored }: { stored: AlertSettings }) {
  const save = useSaveAlerts();
  const test = useTestAlert();
  const [enabled, setEnabled] = useState(stored.enabled);
  const [recipients, setRecipients] = useState(stored.recipients.join('\n'));
  const [subject, setSubject] = useState(stored.template.subject);
  const [body, setBody] = useState(stored.template.body);
  const draft: AlertSettings = { enabled, recipients: addressesIn(recipients), template: { subject, body } };
  const dirty = !sameAlerts(draft, stored);
  const leave = useCallback(() => ask(t`Leave without saving?`, t`The alerts are not saved yet.`, t`Leave`), []);
  useLeaveGuard(dirty && !save.isPending, leave);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(draft, { onSuccess: () => say(t`The alerts are saved.`) });
  };
  const tryIt = () =>
    test.mutate(undefined, {
      onSuccess: ({ to }) =>
        say(to.length ? t`A trial mail is on its way to ${to.join(', ')}.` : t`There is no recipient.`),
      onError: (error) => say(error.message),
    });
  return (
    <form onSubmit={submit} className="alert-form">
      <Switch className="switch" isSelected={enabled} onChange={setEnabled}>
        <Trans>
          <span className="switch-track" aria-hidden="true" />
          Mail every incident when its verdict is final
        </Trans>
      </Switch>
      <TextField value={recipients} onChange={setRecipients}>
        <Label>{t`Recipients, one a line`}</Label>
        <TextArea rows={3} spellCheck="false" />
      </TextField>
      <TextField value={subject} onChange={setSubject} isRequired>
        <Label>{t`Subject`}</Label>
        <Input />
      </TextField>
      <TextField value={body} onChange={setBody} isRequired>
        <Label>{t`Text; names in double braces are filled in`}</Label>
        <TextArea rows={10} />
      </TextField>
      {save.isError ? (
        <p className="failure-text" role="alert">
          {save.error.message}
        </p>
      ) : null}
      <div className="actions">
        <Button type="submit" tone="main" isDisabled={!dirty} isPending={save.isPending}>
          {t`Save`}
        </Button>
        <Button onPress={tryIt} isDisabled={dirty} isPending={test.isPending}>
          {t`Send a trial mail`}
        </Button>
      </div>
    </form>
  );
}

function Outbox() {
  const outbox = useOutbox();
  const again = useDeliverAgain();
  return (
    <>
      <h2>{t`Outbox`}</h2>
      {outbox.isPending ? <Loading what={t`deliveries`} /> : null}
      {outbox.isError ? <Failure error={outbox.error} retry={() => void outbox.refetch()} /> : null}
      {outbox.data && !outbox.data.length ? (
        <Empty title={t`Nothing sent yet`}>
          <Trans>Mails and posts about incidents are listed here with what became of them.</Trans>
        </Empty>
      ) : null}
      <ul className="lines">
        {outbox.data?.map((mail) => (
          <li key={mail.mail_id}>
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
              {mail.error ? <p className="failure-text small">{mail.error}</p> : null}
            </div>
            <div className="actions">
              <span className={`badge quiet mail-${mail.state}`}>{mail.state}</span>
              {mail.state === 'waiting' ? null : (
                <Button
                  onPress={() => again.mutate(mail.mail_id, { onError: (error) => say(error.message) })}
                  aria-label={t`Deliver again: ${mail.subject}, to ${mail.to}`}
                >
                  {t`Again`}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
