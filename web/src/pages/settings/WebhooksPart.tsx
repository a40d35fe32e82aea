/** Signed posts to other systems: add, try, switch off, give a new secret, remove. */
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
import { Button, Empty, Failure, Loading } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { OnceShown } from './OnceShown';

const ONCE = 'The secret that posts are signed with. It is shown this once: keep it where the receiver can use it.';

export function WebhooksPart() {
  const webhooks = useWebhooks();
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <h2>Webhooks</h2>
      {secret ? <OnceShown what={ONCE} secret={secret} onClose={() => setSecret(null)} /> : null}
      <NewWebhook onSecret={setSecret} />
      {webhooks.isPending ? <Loading what="webhooks" /> : null}
      {webhooks.isError ? <Failure error={webhooks.error} retry={() => void webhooks.refetch()} /> : null}
      {webhooks.data && !webhooks.data.length ? (
        <Empty title="No webhook yet">
          A webhook gets a signed post for every final incident, for updates and for explanations that come late.
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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(
      { name: name.trim(), url: url.trim() },
      {
        onSuccess: (made) => {
          setName('');
          setUrl('');
          onSecret(made.secret);
        },
      },
    );
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={name} onChange={setName} isRequired>
        <Label>Name</Label>
        <Input placeholder="SIEM" />
      </TextField>
      <TextField value={url} onChange={setUrl} type="url" isRequired>
        <Label>Address</Label>
        <Input placeholder="https://siem.example.com/doorwatch" />
      </TextField>
      <Button type="submit" tone="main" isDisabled={!name.trim() || !url.trim()} isPending={add.isPending}>
        Add webhook
      </Button>
      {add.isError ? (
        <p className="failure-text" role="alert">
          {add.error.message}
        </p>
      ) : null}
    </form>
  );
}

function WebhookLine({ webhook, onSecret }: { webhook: Webhook; onSecret: (secret: string) => void }) {
  const set = useSetWebhook();
  const test = useTestWebhook();
  const rotate = useRotateWebhook();
  const remove = useRemoveWebhook();
  const failed = { onError: (error: Error) => say(error.message) };
  const { hook_id, ...draft } = webhook;
  const tryIt = () =>
    test.mutate(hook_id, { ...failed, onSuccess: () => say('A trial post is on its way; see the outbox below.') });
  const renew = async () => {
    const text = 'For a day posts carry both signatures, so that the receiver can change in its own time.';
    if (await ask(`A new secret for ${webhook.name}?`, text, 'New secret')) {
      rotate.mutate(hook_id, { ...failed, onSuccess: (made) => onSecret(made.secret) });
    }
  };
  const drop = async () => {
    if (await ask(`Remove ${webhook.name}?`, 'Posts that wait for it are given up.', 'Remove')) {
      remove.mutate(hook_id, failed);
    }
  };
  return (
    <li>
      <div>
        <strong>{webhook.name}</strong>
        <p className="soft small address">{webhook.url}</p>
      </div>
      <div className="actions">
        <Switch
          className="switch"
          isSelected={webhook.enabled}
          isDisabled={set.isPending}
          onChange={(enabled) => set.mutate({ id: hook_id, body: { ...draft, enabled } }, failed)}
          aria-label={`Post to ${webhook.name}`}
        >
          <span className="switch-track" aria-hidden="true" />
        </Switch>
        <Button onPress={tryIt} isPending={test.isPending} aria-label={`Try ${webhook.name}`}>
          Try
        </Button>
        <Button onPress={() => void renew()} aria-label={`New secret for ${webhook.name}`}>
          New secret
        </Button>
        <Button onPress={() => void drop()} aria-label={`Remove ${webhook.name}`}>
          Remove
        </Button>
      </div>
    </li>
  );
}
