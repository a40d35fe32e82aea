/** Signed posts, chats, syslog and MQTT: add, try, switch off, give a new secret, remove. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, Switch, TextField } from 'react-aria-components';
import {
  useAddWebhook,
  useRemoveWebhook,
  useRotateWebhook,
  useSetWebhook,
  useTestWebhook,
  useWebhooks,
  type Webhook,
} from '../../api/webhooks';
import { Button, Empty, Failure, Loading, Refusal } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { BrokerFacts, BrokerFields, NO_BROKER } from './BrokerFields';
import { OnceShown } from './OnceShown';

/** What can be spoken at the other end, and how its address looks. */
const FORMS: Record<Webhook['form'], { label: string; address: string }> = {
  json: { label: t`Signed post`, address: 'https://siem.example.com/doorwatch' },
  slack: { label: t`Slack`, address: 'https://hooks.slack.com/services/…' },
  teams: { label: t`Microsoft Teams`, address: 'https://….logic.azure.com/workflows/…' },
  syslog: { label: t`Syslog (RFC 5424)`, address: 'tls://siem.example.com:6514' },
  cef: { label: t`Syslog (CEF)`, address: 'tls://siem.example.com:6514' },
  mqtt: { label: t`MQTT`, address: 'mqtts://broker.example.com:8883' },
};

const ONCE = t`The secret that posts are signed with. It is shown this once: keep it where the receiver can use it.`;

export function WebhooksPart() {
  const webhooks = useWebhooks();
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <h2>{t`Webhooks, chats, syslog and MQTT`}</h2>
      {secret ? <OnceShown what={ONCE} secret={secret} onClose={() => setSecret(null)} /> : null}
      <NewWebhook onSecret={setSecret} />
      {webhooks.isPending ? <Loading what={t`webhooks`} /> : null}
      {webhooks.isError ? <Failure error={webhooks.error} retry={() => void webhooks.refetch()} /> : null}
      {webhooks.data && !webhooks.data.length ? (
        <Empty title={t`No webhook yet`}>
          <Trans>
            Other systems, chats and logs are told of every final incident, of updates and of explanations that come
            late.
          </Trans>
        </Empty>
      ) : null}
      <ul className="lines">
        {webhooks.data?.map((webhook) => (
          <WebhookLine key={webhook.hook_id} webhook={webhook} onSecret={setSecret} />
        ))}
      </ul>
    </>
  );
}

function NewWebhook({ onSecret }: { onSecret: (secret: string) => void }) {
  const add = useAddWebhook();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [form, setForm] = useState<Webhook['form']>('json');
  const [mqtt, setMqtt] = useState(NO_BROKER);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(
      { name: name.trim(), url: url.trim(), form, mqtt: form === 'mqtt' ? mqtt : null },
      {
        onSuccess: (made) => {
          setName('');
          setUrl('');
          setMqtt(NO_BROKER);
          if (form === 'json') onSecret(made.secret);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form">
      <label>
        {t`Goes to`}
        <select value={form} onChange={(event) => setForm(event.target.value as Webhook['form'])}>
          {Object.entries(FORMS).map(([value, { label }]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <TextField value={name} onChange={setName} isRequired>
        <Label>{t`Name`}</Label>
        <Input placeholder={t`SIEM`} />
      </TextField>
      <TextField value={url} onChange={setUrl} isRequired>
        <Label>{t`Address`}</Label>
        <Input placeholder={FORMS[form].address} inputMode="url" spellCheck="false" />
      </TextField>
      {form === 'mqtt' ? <BrokerFields value={mqtt} onChange={setMqtt} /> : null}
      <Button type="submit" tone="main" isDisabled={!name.trim() || !url.trim()} isPending={add.isPending}>
        {t`Add webhook`}
      </Button>
      <Refusal of={add} />
    </form>
  );
}

/** What is said again of a broker when something else changes: its password stays as it is. */
const kept = (mqtt: Webhook['mqtt']) =>
  mqtt ? { topic: mqtt.topic, username: mqtt.username, authority: mqtt.authority } : null;

function WebhookLine({ webhook, onSecret }: { webhook: Webhook; onSecret: (secret: string) => void }) {
  const set = useSetWebhook();
  const test = useTestWebhook();
  const rotate = useRotateWebhook();
  const remove = useRemoveWebhook();
  const { hook_id, ...told } = webhook;
  const draft = { ...told, mqtt: kept(told.mqtt) };
  const tryIt = () =>
    test.mutateAsync(hook_id).then(() => say(t`A trial post is on its way; see the outbox below.`), sayWhy);
  const renew = async () => {
    const text = t`For a day posts carry both signatures, so that the receiver can change in its own time.`;
    if (await ask(t`A new secret for ${webhook.name}?`, text, t`New secret`)) {
      rotate.mutateAsync(hook_id).then((made) => onSecret(made.secret), sayWhy);
    }
  };
  const drop = async () => {
    if (await ask(t`Remove ${webhook.name}?`, t`Posts that wait for it are given up.`, t`Remove`)) {
      remove.mutateAsync(hook_id).catch(sayWhy);
    }
  };
  return (
    <li>
      <div>
        <strong>{webhook.name}</strong>
        <p className="soft small address">
          {FORMS[webhook.form].label}: {webhook.url}
        </p>
        {webhook.mqtt ? <BrokerFacts mqtt={webhook.mqtt} /> : null}
      </div>
      <div className="actions">
        <Switch
          className="switch"
          isSelected={webhook.enabled}
          isDisabled={set.isPending}
          onChange={(enabled) => set.mutateAsync({ id: hook_id, body: { ...draft, enabled } }).catch(sayWhy)}
          aria-label={t`Post to ${webhook.name}`}
        >
          <span className="switch-track" aria-hidden="true" />
        </Switch>
        <Button onPress={tryIt} isPending={test.isPending} aria-label={t`Try ${webhook.name}`}>
          {t`Try`}
        </Button>
        {webhook.form === 'json' ? (
          <Button onPress={() => void renew()} aria-label={t`New secret for ${webhook.name}`}>
            {t`New secret`}
          </Button>
        ) : null}
        <Button onPress={() => void drop()} aria-label={t`Remove ${webhook.name}`}>
          {t`Remove`}
        </Button>
      </div>
    </li>
  );
}
