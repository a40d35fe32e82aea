/** Signed posts, chats, syslog and MQTT: add, change, try, switch off, give a new secret, remove. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, Switch, TextField } from 'react-aria-components';
import { useDoorOutlines } from '../../api/queries';
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
import { kindLook } from '../../words';
import { BrokerFacts, BrokerFields, NO_BROKER } from './BrokerFields';
import { LastPost } from './Deliveries';
import { FORMS } from './forms';
import { OnceShown } from './OnceShown';
import { draftOf, WebhookDialog } from './WebhookDialog';

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

function WebhookLine({ webhook, onSecret }: { webhook: Webhook; onSecret: (secret: string) => void }) {
  const set = useSetWebhook();
  const test = useTestWebhook();
  const rotate = useRotateWebhook();
  const remove = useRemoveWebhook();
  const [changing, setChanging] = useState(false);
  const { hook_id } = webhook;
  const tryIt = () =>
    test.mutateAsync(hook_id).then(() => say(t`A trial post is on its way; see what became of it here.`), sayWhy);
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
        <Narrowed webhook={webhook} />
        <LastPost of={webhook.last_delivery ?? null} />
      </div>
      <div className="actions">
        <Switch
          className="switch"
          isSelected={webhook.enabled}
          isDisabled={set.isPending}
          onChange={(enabled) => set.mutateAsync({ id: hook_id, body: { ...draftOf(webhook), enabled } }).catch(sayWhy)}
          aria-label={t`Post to ${webhook.name}`}
        >
          <span className="switch-track" aria-hidden="true" />
        </Switch>
        <Button onPress={tryIt} isPending={test.isPending} aria-label={t`Try ${webhook.name}`}>
          {t`Try`}
        </Button>
        <Button onPress={() => setChanging(true)} aria-label={t`Change ${webhook.name}`}>
          {t`Change`}
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
      {changing ? <WebhookDialog webhook={webhook} onClose={() => setChanging(false)} /> : null}
    </li>
  );
}

/** To which kinds and doors it is narrowed; nothing of one that hears all. */
function Narrowed({ webhook: { kinds, doors } }: { webhook: Webhook }) {
  const known = useDoorOutlines().data ?? [];
  if (!kinds.length && !doors.length) return null;
  const names = doors.map((id) => known.find((door) => door.door_id === id)?.name ?? id);
  const what = [...kinds.map((kind) => kindLook(kind).word), ...names].join(', ');
  return <p className="soft small">{t`Only: ${what}`}</p>;
}
