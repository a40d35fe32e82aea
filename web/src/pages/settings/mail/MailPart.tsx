/** The mail that follows tailgating: its words, who gets it and from whom, how it looks, and a test of it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useCallback, useState } from 'react';
import { type AlertSettings, useAlerts, useSaveAlerts } from '../../../api/alerts';
import { useDoorOutlines } from '../../../api/queries';
import { Button, Failure, Loading, Refusal, refusalShown } from '../../../parts/basics';
import { ask, say } from '../../../shell/ask';
import { useLeaveGuard } from '../../../shell/router';
import { DoorWords } from './DoorWords';
import { type Draft, draftOf, inputOf, NO_WORDS, sameDraft } from './draft';
import { MailPreview } from './MailPreview';
import { MailSender } from './MailSender';
import { Words } from './Words';

export function MailPart() {
  const alerts = useAlerts();
  if (alerts.isPending) return <Loading what={t`the mail`} />;
  if (alerts.isError) return <Failure error={alerts.error} retry={() => void alerts.refetch()} />;
  return <MailForm key={JSON.stringify(alerts.data)} stored={alerts.data} />;
}

function MailForm({ stored }: { stored: AlertSettings }) {
  const save = useSaveAlerts();
  const doors = useDoorOutlines().data ?? [];
  const before = draftOf(stored);
  const [draft, setDraft] = useState<Draft>(before);
  const [door, setDoor] = useState<string | null>(null);
  const words = door === null ? draft.words : (draft.own[door] ?? NO_WORDS);
  const dirty = !sameDraft(draft, before);
  const leave = useCallback(() => ask(t`Leave without saving?`, t`The mail is not saved yet.`, t`Leave`), []);
  useLeaveGuard(dirty && !save.isPending, leave);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const setWords = (next: typeof words) =>
    door === null ? change({ words: next }) : change({ own: { ...draft.own, [door]: next } });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutateAsync(inputOf(draft)).then(() => say(t`The mail is saved.`), refusalShown);
  };
  return (
    <form onSubmit={submit} className="mail-part" aria-label={t`Tailgating mail`}>
      <Status stored={stored} draft={draft} />
      <div className="mail-columns">
        <div className="alert-form">
          <DoorWords
            doors={doors}
            own={draft.own}
            shown={door}
            onShow={setDoor}
            onAdd={(id) => {
              change({ own: { ...draft.own, [id]: draft.words } });
              setDoor(id);
            }}
            onRemove={(id) => {
              const { [id]: _, ...rest } = draft.own;
              change({ own: rest });
              setDoor(null);
            }}
          />
          <Words key={door ?? ''} words={words} onChange={setWords} />
          <MailSender stored={stored} draft={draft} doors={doors} onChange={change} />
        </div>
        <MailPreview words={words} />
      </div>
      <Refusal of={save} />
      {dirty ? (
        <div className="save-bar">
          <span role="status">{t`Not saved yet`}</span>
          <Button onPress={() => setDraft(before)}>{t`Discard`}</Button>
          <Button type="submit" tone="main" isPending={save.isPending}>
            {t`Save`}
          </Button>
        </div>
      ) : null}
    </form>
  );
}

/** Whether mails go out, and to whom. */
function Status({ stored, draft }: { stored: AlertSettings; draft: Draft }) {
  const text = draft.words.body;
  const named = inputOf(draft).recipients;
  const told = (named.length ? named : stored.owners).join(', ') || t`nobody: name a recipient`;
  return (
    <div className="mail-status">
      <p role="status">
        {text.trim() ? null : <Trans>Off: there is no text. Press “Use Default” to begin with one.</Trans>}
        {text.trim() && /\{\{\{?\s*user\s*\}?\}\}/.test(draft.words.subject + text) ? (
          <Trans>
            Each person whose badge was used gets a mail of their own. Where no address is known it goes to {told}.
          </Trans>
        ) : null}
        {text.trim() && !/\{\{\{?\s*user\s*\}?\}\}/.test(draft.words.subject + text) ? (
          <Trans>It goes to {told}.</Trans>
        ) : null}
      </p>
      {stored.mail_server === null ? (
        <p className="failure-text">
          <Trans>No mail server is set, so nothing is sent: start the server with DOORWATCH_SMTP_HOST.</Trans>
        </p>
      ) : null}
    </div>
  );
}
