/** An address that is told, as it is changed: where it is, of what it hears, and what a broker needs beside. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, TextField } from 'react-aria-components';
import { useDoorOutlines } from '../../api/queries';
import { type Broker, useSetWebhook, type Webhook, type WebhookDraft } from '../../api/webhooks';
import { Refusal, refusalShown } from '../../parts/basics';
import { useCloses } from '../../parts/closing';
import { DialogButtons } from '../../parts/DialogButtons';
import { Picker } from '../../parts/Picker';
import { KIND_NAMES, kindLook } from '../../words';
import { Check } from '../alerting/Check';
import { BrokerFields } from './BrokerFields';
import { FORMS } from './forms';

interface Props {
  webhook: Webhook;
  onClose: () => void;
}

export function WebhookDialog({ webhook, onClose }: Props) {
  const set = useSetWebhook();
  const close = useCloses(onClose);
  const [draft, setDraft] = useState<WebhookDraft>(draftOf(webhook));
  const change = (part: Partial<WebhookDraft>) => setDraft((now) => ({ ...now, ...part }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const body = { ...draft, name: draft.name.trim(), url: draft.url.trim() };
    set.mutateAsync({ id: webhook.hook_id, body }).then(close, refusalShown);
  };
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <Heading slot="title">{t`Change ${webhook.name}`}</Heading>
          <form onSubmit={submit} className="rule-form">
            <p className="soft">{FORMS[webhook.form].label}</p>
            <TextField value={draft.name} onChange={(name) => change({ name })} isRequired autoFocus>
              <Label>{t`Name`}</Label>
              <Input maxLength={100} />
            </TextField>
            <TextField value={draft.url} onChange={(url) => change({ url })} isRequired>
              <Label>{t`Address`}</Label>
              <Input placeholder={FORMS[webhook.form].address} inputMode="url" spellCheck="false" />
            </TextField>
            {draft.mqtt ? (
              <BrokerFields
                value={draft.mqtt}
                kept={webhook.mqtt?.has_password ?? false}
                onChange={(mqtt) => change({ mqtt })}
              />
            ) : null}
            <Kinds chosen={draft.kinds} onChange={(kinds) => change({ kinds })} />
            <Doors chosen={draft.doors} onChange={(doors) => change({ doors })} />
            <Refusal of={set} />
            <DialogButtons
              onClose={onClose}
              word={t`Save`}
              isDisabled={!draft.name.trim() || !draft.url.trim()}
              isPending={set.isPending}
            />
          </form>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** What is said again of it when something else changes: a broker's password stays as it is. */
export function draftOf({ hook_id: _id, last_delivery: _last, mqtt, ...told }: Webhook): WebhookDraft {
  return { ...told, mqtt: mqtt ? brokerOf(mqtt) : null };
}

function brokerOf({ topic, username, authority }: NonNullable<Webhook['mqtt']>): Broker {
  return { topic, username, authority };
}

type Kind = WebhookDraft['kinds'][number];

function Kinds({ chosen, onChange }: { chosen: readonly Kind[]; onChange: (kinds: Kind[]) => void }) {
  return (
    <fieldset className="checks">
      <legend>{t`Only these kinds; none chosen means all`}</legend>
      {KIND_NAMES.map((kind) => (
        <Check
          key={kind}
          isSelected={chosen.some((one) => one === kind)}
          onChange={(on) => onChange(on ? [...chosen, kind as Kind] : chosen.filter((one) => one !== kind))}
        >
          {kindLook(kind).word}
        </Check>
      ))}
    </fieldset>
  );
}

function Doors({ chosen, onChange }: { chosen: readonly string[]; onChange: (doors: string[]) => void }) {
  const doors = useDoorOutlines().data ?? [];
  const toggle = (id: string) => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <div className="field">
      {t`Only at these doors; none chosen means every door`}
      <div className="chips">
        {chosen.map((id) => (
          <span key={id} className="chip">
            {doors.find((door) => door.door_id === id)?.name ?? id}
          </span>
        ))}
        <Picker
          label={t`Doors that it is told of`}
          prompt={t`Choose doors`}
          placeholder={t`Door`}
          noMatch={t`No such door`}
          nothing={t`There are no doors yet`}
          choices={() => doors.map(({ door_id: id, name }) => ({ id, name, chosen: chosen.includes(id) }))}
          onPick={toggle}
        />
      </div>
    </div>
  );
}
