/** How the mail looks, told of a real incident of the past: HTML in light and dark, text alone, and a test of it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { type AlertWords, type MailPreview as Preview, useMailPreview, useTestMail } from '../../../api/alerts';
import { useIncidents, useSession } from '../../../api/queries';
import { Button, Refusal, refusalShown, useZone } from '../../../parts/basics';
import { useSettled } from '../../../parts/settled';
import { say } from '../../../shell/ask';
import { fromIso, fullText } from '../../../time';
import { kindLook } from '../../../words';

type View = 'light' | 'dark' | 'text';
const VIEWS: [View, string][] = [
  ['light', t`Light`],
  ['dark', t`Dark`],
  ['text', t`Text only`],
];

export function MailPreview({ words }: { words: AlertWords }) {
  const zone = useZone();
  const [view, setView] = useState<View>('light');
  const [incident, setIncident] = useState('');
  const past = useIncidents({}).data?.pages.flat().slice(0, 20) ?? [];
  const settled = useSettled(words);
  const written = settled.body.trim() !== '';
  const preview = useMailPreview(written ? settled : null, incident || null);
  const shown = written && preview.data && !preview.data.problems.length ? preview.data : null;
  return (
    <section className="alert-form mail-preview" aria-label={t`Preview`}>
      <h2>{t`Preview`}</h2>
      <label>
        {t`Told of`}
        <select value={incident} onChange={(event) => setIncident(event.target.value)}>
          <option value="">{past.length ? t`The newest incident` : t`An example: there is no incident yet`}</option>
          {past.map((one) => (
            <option key={one.incident_id} value={one.incident_id}>
              {`${kindLook(one.kind).word}, ${one.door.name}, ${fullText(fromIso(one.start), zone)}`}
            </option>
          ))}
        </select>
      </label>
      <fieldset className="segments" aria-label={t`What the mail is looked at with`}>
        {VIEWS.map(([value, word]) => (
          <button key={value} type="button" aria-pressed={view === value} onClick={() => setView(value)}>
            {word}
          </button>
        ))}
      </fieldset>
      {shown ? <Mail preview={shown} view={view} /> : null}
      {!shown && written && preview.data?.problems.length ? (
        <p className="notice">{t`The mail is shown as soon as its text is right.`}</p>
      ) : null}
      {written ? null : <p className="notice">{t`There is no text, so no mail is sent.`}</p>}
      {preview.isError ? <p className="failure-text">{preview.error.message}</p> : null}
      <SendTest words={words} incident={incident} ready={shown !== null} />
    </section>
  );
}

function Mail({ preview, view }: { preview: Preview; view: View }) {
  const to = preview.to?.join(', ');
  return (
    <article className="mail-paper" aria-label={t`The mail`}>
      <p className="small">
        <Trans>
          <span className="soft">To</span> {to}
        </Trans>
        <br />
        <strong>{preview.subject}</strong>
      </p>
      {view === 'text' ? <pre>{preview.text}</pre> : <Html preview={preview} dark={view === 'dark'} />}
    </article>
  );
}

/** The HTML part as it is; within a shadow, so that its styles and ours do not meet. The server has escaped all names. */
function Html({ preview, dark }: { preview: Preview; dark: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!host.current) return;
    const shadow = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    const look = (preview.look ?? '') + (dark ? (preview.dark_look ?? '') : '');
    sheet.replaceSync(`:host{display:block}${look.replaceAll('body{', 'main{')}main{padding:16px;margin:0}`);
    shadow.adoptedStyleSheets = [sheet];
    const page = document.createElement('main');
    page.innerHTML = preview.body ?? '';
    shadow.replaceChildren(page);
    // Links in a preview lead nowhere: their real ones are made when the mail is sent.
    page.addEventListener('click', (event) => event.preventDefault());
  }, [preview, dark]);
  return <div ref={host} className="mail-html" />;
}

function SendTest({ words, incident, ready }: { words: AlertWords; incident: string; ready: boolean }) {
  const me = useSession().data?.user.email ?? '';
  const test = useTestMail();
  const [to, setTo] = useState<string | null>(null);
  const address = (to ?? me).trim();
  const send = () =>
    test
      .mutateAsync({ template: words, incident_id: incident || null, to: address })
      .then((sent) => say(t`A test is on its way to ${sent.to.join(', ')}.`), refusalShown);
  return (
    <div className="send-test">
      <TextField value={to ?? me} onChange={setTo}>
        <Label>{t`Send a test to`}</Label>
        <Input inputMode="email" autoComplete="email" />
      </TextField>
      <Button onPress={send} isDisabled={!ready || !address} isPending={test.isPending}>
        {t`Send a test`}
      </Button>
      <Refusal of={test} />
    </div>
  );
}
