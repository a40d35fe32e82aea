/** Callbacks of other systems: what each hears, what became of its posts; add, change, try, switch off, remove. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Switch } from 'react-aria-components';
import {
  type Callback,
  type CallbackDraft,
  useAddCallback,
  useCallbackPosts,
  useCallbacks,
  useRemoveCallback,
  useRotateCallback,
  useSetCallback,
  useTestCallback,
} from '../../api/callbacks';
import { Button, Empty, Failure, Loading, refusalShown } from '../../parts/basics';
import { useCloses } from '../../parts/closing';
import { ask, say, sayWhy } from '../../shell/ask';
import { CallbackDialog, draftOf } from './CallbackDialog';
import { typeWords } from './callbackTypes';
import { DeliveryLine, LastPost } from './Deliveries';
import { OnceShown } from './OnceShown';

const ONCE = t`The secret that posts are signed with. It is shown this once: keep it where the receiver can use it.`;

export function CallbacksPart() {
  const callbacks = useCallbacks();
  const [secret, setSecret] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  return (
    <>
      <h2>{t`Callbacks of other systems`}</h2>
      {secret ? <OnceShown what={ONCE} secret={secret} onClose={() => setSecret(null)} /> : null}
      {callbacks.isPending ? <Loading what={t`callbacks`} /> : null}
      {callbacks.isError ? <Failure error={callbacks.error} retry={() => void callbacks.refetch()} /> : null}
      {callbacks.data && !callbacks.data.length ? (
        <Empty title={t`No callback yet`}>
          <Trans>
            A callback posts what you choose to another system. Systems add theirs by themselves, too, with a token, at{' '}
            <code>/api/callbacks</code>.
          </Trans>
        </Empty>
      ) : null}
      <ul className="lines">
        {callbacks.data?.map((callback) => (
          <CallbackLine key={callback.callback_id} callback={callback} onSecret={setSecret} />
        ))}
      </ul>
      <div className="actions">
        <Button onPress={() => setAdding(true)}>{t`Add a callback`}</Button>
      </div>
      {adding ? <NewCallback onSecret={setSecret} onClose={() => setAdding(false)} /> : null}
    </>
  );
}

function NewCallback({ onSecret, onClose }: { onSecret: (secret: string) => void; onClose: () => void }) {
  const add = useAddCallback();
  const close = useCloses(onClose);
  // The secret is shown also to whoever has closed the dialog meanwhile: it is told this once.
  const save = (draft: CallbackDraft) =>
    void add.mutateAsync(draft).then((made) => {
      onSecret(made.secret);
      close();
    }, refusalShown);
  return <CallbackDialog callback={null} save={add} onSave={save} onClose={onClose} />;
}

function ChangedCallback({ callback, onClose }: { callback: Callback; onClose: () => void }) {
  const set = useSetCallback();
  const close = useCloses(onClose);
  const save = (body: CallbackDraft) =>
    void set.mutateAsync({ id: callback.callback_id, body }).then(close, refusalShown);
  return <CallbackDialog callback={callback} save={set} onSave={save} onClose={onClose} />;
}

function CallbackLine({ callback, onSecret }: { callback: Callback; onSecret: (secret: string) => void }) {
  const [changing, setChanging] = useState(false);
  const [posts, setPosts] = useState(false);
  const { callback_id: id, name, url, method, events, filter } = callback;
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p className="soft small address">
          {method} {url}
        </p>
        <p className="soft small">{events.map(typeWords).join(', ')}</p>
        {filter ? <p className="soft small">{t`Only: ${filter}`}</p> : null}
        {callback.problem ? <p className="small failure-text">{callback.problem}</p> : null}
        <LastPost of={callback.last_delivery} />
        {posts ? <Posts id={id} /> : null}
      </div>
      <Actions
        callback={callback}
        onSecret={onSecret}
        onChange={() => setChanging(true)}
        posts={posts}
        onPosts={() => setPosts(!posts)}
      />
      {changing ? <ChangedCallback callback={callback} onClose={() => setChanging(false)} /> : null}
    </li>
  );
}

interface ActionProps {
  callback: Callback;
  onSecret: (secret: string) => void;
  onChange: () => void;
  posts: boolean;
  onPosts: () => void;
}

function Actions({ callback, onSecret, onChange, posts, onPosts }: ActionProps) {
  const set = useSetCallback();
  const test = useTestCallback();
  const rotate = useRotateCallback();
  const remove = useRemoveCallback();
  const { callback_id: id, name } = callback;
  const tryIt = () =>
    test.mutateAsync(id).then(() => say(t`A trial post is on its way; see what became of it here.`), sayWhy);
  const renew = async () => {
    const text = t`For a day posts carry both signatures, so that the receiver can change in its own time.`;
    if (await ask(t`A new secret for ${name}?`, text, t`New secret`)) {
      rotate.mutateAsync(id).then((made) => onSecret(made.secret), sayWhy);
    }
  };
  const drop = async () => {
    if (await ask(t`Remove ${name}?`, t`Posts that wait for it are given up.`, t`Remove`)) {
      remove.mutateAsync(id).catch(sayWhy);
    }
  };
  return (
    <div className="actions">
      <Switch
        className="switch"
        isSelected={callback.enabled}
        isDisabled={set.isPending}
        onChange={(enabled) => set.mutateAsync({ id, body: { ...draftOf(callback), enabled } }).catch(sayWhy)}
        aria-label={t`Post to ${name}`}
      >
        <span className="switch-track" aria-hidden="true" />
      </Switch>
      <Button onPress={tryIt} isPending={test.isPending} aria-label={t`Try ${name}`}>
        {t`Try`}
      </Button>
      <Button onPress={onPosts} aria-expanded={posts} aria-label={t`Posts to ${name}`}>
        {t`Posts`}
      </Button>
      <Button onPress={onChange} aria-label={t`Change ${name}`}>
        {t`Change`}
      </Button>
      <Button onPress={() => void renew()} aria-label={t`New secret for ${name}`}>
        {t`New secret`}
      </Button>
      <Button onPress={() => void drop()} aria-label={t`Remove ${name}`}>
        {t`Remove`}
      </Button>
    </div>
  );
}

/** What was sent to it and what waits; each with its tries, and a way to deliver it again. */
function Posts({ id }: { id: string }) {
  const posts = useCallbackPosts(id);
  if (posts.isPending) return <Loading what={t`its posts`} />;
  if (posts.isError) return <Failure error={posts.error} retry={() => void posts.refetch()} />;
  if (!posts.data.length) return null;
  return (
    <ul className="lines deliveries posts">
      {posts.data.map((post) => (
        <DeliveryLine key={post.mail_id} mail={post} />
      ))}
    </ul>
  );
}
