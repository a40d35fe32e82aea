/** A link for somebody without an account: for whom, how long, with which password. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { useShare } from '../../api/queries';
import { Button } from '../../parts/basics';
import { say } from '../../shell/ask';

const LEAST_PASSWORD = 6;
const DAY = 24;

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without HTTPS browsers refuse the clipboard; the link is shown all the same.
    return false;
  }
}

export function ShareForm({ id, onDone }: { id: string; onDone: () => void }) {
  const share = useShare();
  const [recipient, setRecipient] = useState('');
  const [hours, setHours] = useState(DAY);
  const [password, setPassword] = useState('');
  const [link, setLink] = useState<string | null>(null);
  const lives: [number, string][] = [
    [1, t`for an hour`],
    [DAY, t`for a day`],
    [7 * DAY, t`for a week`],
    [30 * DAY, t`for 30 days`],
  ];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    share.mutate(
      { id, hours, recipient: recipient.trim() || null, password: password || null },
      {
        onSuccess: async ({ url }) => {
          const whole = new URL(url, location.origin).href;
          setLink(whole);
          if (await copy(whole)) say(t`Link copied.`);
        },
      },
    );
  };
  if (link) {
    return (
      <div className="export-form">
        <label className="field">
          <span>{t`Link`}</span>
          <input className="link-field" readOnly value={link} onFocus={(event) => event.target.select()} />
        </label>
        <p className="soft small">{t`It is shown only now. It can be ended under "Links without signing in".`}</p>
        <Button onPress={onDone}>{t`Done`}</Button>
      </div>
    );
  }
  return (
    <form className="export-form" onSubmit={submit} aria-label={t`Share link`}>
      <strong>{t`Share link`}</strong>
      <p className="soft small">{t`It shows this one incident to whoever has it, without signing in.`}</p>
      <label className="field">
        <span>{t`For whom`}</span>
        <input
          value={recipient}
          maxLength={200}
          placeholder={t`Such as the insurer's name`}
          onChange={(event) => setRecipient(event.target.value)}
        />
      </label>
      <label className="field">
        <span>{t`It works`}</span>
        <select value={hours} onChange={(event) => setHours(Number(event.target.value))}>
          {lives.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span>{t`Password, if it is to ask for one`}</span>
        <input
          type="text"
          autoComplete="off"
          minLength={LEAST_PASSWORD}
          maxLength={200}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      <div className="actions">
        <Button onPress={onDone}>{t`Cancel`}</Button>
        <Button type="submit" tone="main" isPending={share.isPending}>
          {t`Make the link`}
        </Button>
      </div>
      {share.isError ? (
        <p className="failure-text" role="alert">
          {share.error.message}
        </p>
      ) : null}
    </form>
  );
}
