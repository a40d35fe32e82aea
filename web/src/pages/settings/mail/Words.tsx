/** Subject and text with their variables; what is wrong is told while one writes, and one press leads to it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef } from 'react';
import { Input, Label, TextArea, TextField } from 'react-aria-components';
import { type AlertWords, type TemplateProblem, useAlertWords, useMailPreview } from '../../../api/alerts';
import { Button } from '../../../parts/basics';
import { useSettled } from '../../../parts/settled';
import { NO_WORDS, rangeOf } from './draft';

interface Props {
  words: AlertWords;
  onChange: (words: AlertWords) => void;
}

export function Words({ words, onChange }: Props) {
  const known = useAlertWords().data;
  const subject = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLTextAreaElement>(null);
  const [standard, ...others] = known?.examples ?? [];
  const insert = (name: string) => {
    const box = document.activeElement === subject.current ? subject.current : body.current;
    if (!box) return;
    const part = box === subject.current ? 'subject' : 'body';
    const text = words[part];
    const [from, to] = [box.selectionStart ?? text.length, box.selectionEnd ?? text.length];
    onChange({ ...words, [part]: `${text.slice(0, from)}{{${name}}}${text.slice(to)}` });
    const after = from + name.length + 4;
    requestAnimationFrame(() => {
      box.focus();
      box.setSelectionRange(after, after);
    });
  };
  const show = (problem: TemplateProblem) => {
    const box = problem.part === 'subject' ? subject.current : body.current;
    box?.focus();
    box?.setSelectionRange(...rangeOf(box.value, problem));
  };
  return (
    <>
      <div className="actions">
        <Button isDisabled={!standard} onPress={() => standard && onChange(standard.template)}>
          {t`Use Default`}
        </Button>
        {others.map((example) => (
          <Button key={example.name} tone="quiet" onPress={() => onChange(example.template)}>
            {example.name === 'desk' ? t`Text for the security desk` : example.title}
          </Button>
        ))}
        <Button tone="quiet" isDisabled={!words.body} onPress={() => onChange(NO_WORDS)}>
          {t`Empty it`}
        </Button>
      </div>
      <TextField value={words.subject} onChange={(next) => onChange({ ...words, subject: next })}>
        <Label>{t`Subject`}</Label>
        <Input ref={subject} />
      </TextField>
      <TextField value={words.body} onChange={(next) => onChange({ ...words, body: next })}>
        <Label>{t`Text; empty means that no mails are sent`}</Label>
        <TextArea ref={body} rows={14} />
      </TextField>
      <Problems words={words} onShow={show} />
      <details>
        <summary>{t`Variables`}</summary>
        <dl className="variables" data-untranslated>
          {known?.variables.map((variable) => (
            <div key={variable.name}>
              <dt>
                {/* The text keeps the focus, so that the variable goes where the cursor is. */}
                <button
                  type="button"
                  className="chip"
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => insert(variable.name)}
                  aria-label={t`Insert ${variable.name}`}
                >
                  {`{{${variable.name}}}`}
                </button>
              </dt>
              <dd className="soft small">{variable.meaning}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}

function Problems({ words, onShow }: { words: AlertWords; onShow: (problem: TemplateProblem) => void }) {
  const settled = useSettled(words);
  const preview = useMailPreview(settled.body.trim() ? settled : null, null);
  const problems = settled.body.trim() ? (preview.data?.problems ?? []) : [];
  return (
    <div role="status">
      <ul className="problems">
        {problems.map((problem) => (
          <li key={`${problem.part}${problem.offset}${problem.text}`} className="failure-text">
            <Button tone="quiet" onPress={() => onShow(problem)}>
              {problem.part === 'subject' ? (
                <Trans>
                  Subject, line {problem.line}, column {problem.column}
                </Trans>
              ) : (
                <Trans>
                  Text, line {problem.line}, column {problem.column}
                </Trans>
              )}
            </Button>{' '}
            {problem.text}
          </li>
        ))}
      </ul>
    </div>
  );
}
