/** An alert of a search: when it tells, and whom. Used beside the results of a search, and to change one. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, TextArea, TextField } from 'react-aria-components';
import type { AlertRuleInput } from '../../api/alertRules';
import { useSession } from '../../api/queries';
import { useWebhooks } from '../../api/webhooks';
import { Refusal } from '../../parts/basics';
import { DialogButtons } from '../../parts/DialogButtons';
import { KIND_NAMES, kindLook } from '../../words';
import { addressesIn } from '../settings/mail/draft';
import { Check } from './Check';
import { HoursField } from './HoursField';

export type RuleDraft = Omit<AlertRuleInput, 'saved_search_id'>;

type Kind = NonNullable<AlertRuleInput['kinds']>[number];

interface Props {
  /** What the search looks for. */
  text: string;
  draft: RuleDraft;
  title: string;
  save: { error: Error | null; isPending: boolean };
  onSave: (draft: RuleDraft) => void;
  onClose: () => void;
}

export function RuleDialog({ text, draft: begun, title, save, onSave, onClose }: Props) {
  const owner = useSession().data?.user.email ?? '';
  const hooks = useWebhooks().data ?? [];
  const [draft, setDraft] = useState(begun);
  const [recipients, setRecipients] = useState(begun.recipients?.join('\n') ?? '');
  const change = (part: Partial<RuleDraft>) => setDraft((now) => ({ ...now, ...part }));
  const chosen = new Set(draft.hook_ids);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSave({ ...draft, name: draft.name.trim(), recipients: addressesIn(recipients) });
  };
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <Heading slot="title">{title}</Heading>
          <form onSubmit={submit} className="rule-form">
            <p className="soft">
              <Trans>What “{text}” finds from now on is told.</Trans>
            </p>
            <TextField value={draft.name} onChange={(name) => change({ name })} isRequired autoFocus>
              <Label>{t`Name`}</Label>
              <Input maxLength={100} />
            </TextField>
            <Threshold draft={draft} onChange={change} />
            <TextField value={recipients} onChange={setRecipients}>
              <Label>{t`Mail to, one a line; without any the owners`}</Label>
              <TextArea rows={2} spellCheck="false" placeholder={owner} />
            </TextField>
            {hooks.length ? (
              <fieldset className="checks">
                <legend>{t`And to`}</legend>
                {hooks.map((hook) => (
                  <Check
                    key={hook.hook_id}
                    isSelected={chosen.has(hook.hook_id)}
                    onChange={(on) => {
                      const rest = (draft.hook_ids ?? []).filter((id) => id !== hook.hook_id);
                      change({ hook_ids: on ? [...rest, hook.hook_id] : rest });
                    }}
                  >
                    {hook.name}
                  </Check>
                ))}
              </fieldset>
            ) : null}
            <fieldset className="checks">
              <legend>{t`Of these kinds alone; without any, of all that it finds`}</legend>
              {KIND_NAMES.map((kind) => (
                <Check
                  key={kind}
                  isSelected={draft.kinds?.some((one) => one === kind) ?? false}
                  onChange={(on) => {
                    const rest = (draft.kinds ?? []).filter((one) => one !== kind);
                    change({ kinds: on ? [...rest, kind as Kind] : rest });
                  }}
                >
                  {kindLook(kind).word}
                </Check>
              ))}
            </fieldset>
            <details>
              <summary>{t`When it watches and tells`}</summary>
              <div className="rule-more">
                <HoursField
                  label={t`Watches in these hours alone`}
                  hours={draft.active ?? null}
                  onChange={(active) => change({ active })}
                />
                <HoursField
                  label={t`Quiet hours: waits until they are over`}
                  hours={draft.quiet ?? null}
                  onChange={(quiet) => change({ quiet })}
                />
                <label>
                  {t`People seen with at least this confidence, in percent`}
                  <input
                    type="number"
                    min={0}
                    max={100}
                    value={Math.round((draft.confidence ?? 0) * 100)}
                    onChange={(event) => change({ confidence: clamp(event.target.value, 0, 100) / 100 })}
                  />
                </label>
                <Check isSelected={draft.at_once ?? false} onChange={(at_once) => change({ at_once })}>
                  {t`At once, without waiting for an incident's final verdict`}
                </Check>
              </div>
            </details>
            <Refusal of={save} />
            <DialogButtons
              onClose={onClose}
              word={t`Save`}
              isDisabled={!draft.name.trim()}
              isPending={save.isPending}
            />
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** How many matches it takes. */
function Threshold({ draft, onChange }: { draft: RuleDraft; onChange: (part: Partial<RuleDraft>) => void }) {
  const several = (draft.at_least ?? 1) > 1;
  return (
    <div className="threshold">
      <label>
        {t`Matches it takes`}
        <input
          type="number"
          min={1}
          max={1000}
          value={draft.at_least ?? 1}
          onChange={(event) => onChange({ at_least: clamp(event.target.value, 1, 1000) })}
        />
      </label>
      {several ? (
        <>
          <label>
            {t`within minutes`}
            <input
              type="number"
              min={1}
              max={10_080}
              value={draft.within_minutes ?? 10}
              onChange={(event) => onChange({ within_minutes: clamp(event.target.value, 1, 10_080) })}
            />
          </label>
          <label>
            {t`at one`}
            <select
              value={draft.per ?? 'door'}
              onChange={(event) => onChange({ per: event.target.value as RuleDraft['per'] })}
            >
              <option value="door">{t`door`}</option>
              <option value="camera">{t`camera`}</option>
            </select>
          </label>
        </>
      ) : null}
    </div>
  );
}

function clamp(text: string, least: number, most: number): number {
  return Math.max(least, Math.min(most, Math.round(Number(text)) || least));
}
