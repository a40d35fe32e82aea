/** A callback as it is added or changed: where posts go, how, what of, and which of it. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, Text, TextArea, TextField } from 'react-aria-components';
import type { Callback, CallbackDraft } from '../../api/callbacks';
import { Refusal } from '../../parts/basics';
import { DialogButtons } from '../../parts/DialogButtons';
import { Check } from '../alerting/Check';
import { type CallbackType, GROUPS, headersIn, typeWords } from './callbackTypes';

interface Props {
  /** The one that is changed; null for a new one. */
  callback: Callback | null;
  save: { error: Error | null; isPending: boolean };
  onSave: (draft: CallbackDraft) => void;
  onClose: () => void;
}

const NEW: CallbackDraft = {
  name: '',
  url: '',
  method: 'POST',
  events: ['incident.created', 'incident.explained'],
  filter: '',
  message: '',
  images: false,
  enabled: true,
};

export function CallbackDialog({ callback, save, onSave, onClose }: Props) {
  const [draft, setDraft] = useState<CallbackDraft>(callback ? draftOf(callback) : NEW);
  const kept = callback?.header_names ?? [];
  const [headers, setHeaders] = useState<string | null>(kept.length ? null : '');
  const change = (part: Partial<CallbackDraft>) => setDraft((now) => ({ ...now, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const told = headers === null ? null : headersIn(headers);
    onSave({ ...draft, name: draft.name.trim(), url: draft.url.trim(), filter: draft.filter.trim(), headers: told });
  };
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <Heading slot="title">{callback ? t`Change ${callback.name}` : t`Add a callback`}</Heading>
          <form onSubmit={submit} className="rule-form">
            <TextField value={draft.name} onChange={(name) => change({ name })} isRequired autoFocus>
              <Label>{t`Name`}</Label>
              <Input maxLength={100} placeholder={t`Guard tour`} />
            </TextField>
            <div className="field-pair">
              <label>
                {t`Sent with`}
                <select
                  value={draft.method}
                  onChange={(event) => change({ method: event.target.value as CallbackDraft['method'] })}
                >
                  {['POST', 'PUT', 'PATCH'].map((method) => (
                    <option key={method}>{method}</option>
                  ))}
                </select>
              </label>
              <TextField value={draft.url} onChange={(url) => change({ url })} isRequired>
                <Label>{t`Address`}</Label>
                <Input placeholder="https://guards.example.com/in" inputMode="url" spellCheck="false" />
              </TextField>
            </div>
            <Headers kept={kept} text={headers} onChange={setHeaders} />
            <Types chosen={draft.events} onChange={(events) => change({ events })} />
            <TextField value={draft.filter} onChange={(filter) => change({ filter })}>
              <Label>{t`Only what this search finds; empty for all`}</Label>
              <Input placeholder={t`lobby weekdays 18:00-06:00`} spellCheck="false" />
              <Text slot="description" className="soft small">
                {t`Narrows what happens at doors; changes in the account and troubles are told in any case.`}
              </Text>
            </TextField>
            <Check isSelected={draft.images} onChange={(images) => change({ images })}>
              {t`With links to pictures, which work for a day without signing in`}
            </Check>
            <TextField value={draft.message} onChange={(message) => change({ message })}>
              <Label>{t`Words of your own in each post`}</Label>
              <Input maxLength={2000} />
            </TextField>
            <Refusal of={save} />
            <DialogButtons
              onClose={onClose}
              word={callback ? t`Save` : t`Add`}
              isDisabled={!draft.name.trim() || !draft.url.trim() || !draft.events.length}
              isPending={save.isPending}
            />
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** What a callback says again of itself when something of it is changed; its headers stay as they are. */
export function draftOf({
  callback_id: _id,
  header_names: _names,
  last_delivery: _last,
  problem: _why,
  ...draft
}: Callback): CallbackDraft {
  return draft;
}

interface HeaderProps {
  kept: readonly string[];
  text: string | null;
  onChange: (text: string | null) => void;
}

/** Headers are told to nobody again: they stay, or others take the place of all of them. */
function Headers({ kept, text, onChange }: HeaderProps) {
  const names = kept.join(', ');
  return (
    <>
      {kept.length ? (
        <Check isSelected={text === null} onChange={(keep) => onChange(keep ? null : '')}>
          <Trans>Keep the headers {names}, whose values are shown to nobody</Trans>
        </Check>
      ) : null}
      {text === null ? null : (
        <TextField value={text} onChange={onChange}>
          <Label>{t`Headers of your own, one a line`}</Label>
          <TextArea rows={2} spellCheck="false" autoCapitalize="none" placeholder={t`Authorization: Bearer …`} />
        </TextField>
      )}
    </>
  );
}

function Types({ chosen, onChange }: { chosen: readonly CallbackType[]; onChange: (types: CallbackType[]) => void }) {
  const has = new Set(chosen);
  // What is open is up to who reads it: a group does not close because its last type was taken away.
  const [opened] = useState(() => GROUPS.filter(({ types }) => types.some((type) => has.has(type))));
  return (
    <>
      {GROUPS.map((group) => (
        <details key={group.word} open={opened.includes(group)}>
          <summary>
            {group.word} <span className="soft small">{group.types.filter((type) => has.has(type)).length || ''}</span>
          </summary>
          <fieldset className="checks callback-types" aria-label={group.word}>
            {group.types.map((type) => (
              <Check
                key={type}
                isSelected={has.has(type)}
                onChange={(on) => onChange(on ? [...chosen, type] : chosen.filter((one) => one !== type))}
              >
                {typeWords(type)} <code className="soft small">{type}</code>
              </Check>
            ))}
          </fieldset>
        </details>
      ))}
    </>
  );
}
