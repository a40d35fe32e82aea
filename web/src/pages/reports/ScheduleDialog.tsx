/** A report by mail: how often, at which hour, of which site, to whom. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Input, Label, Modal, ModalOverlay, TextArea, TextField } from 'react-aria-components';
import { useSession } from '../../api/queries';
import type { ReportScheduleInput } from '../../api/reportSchedules';
import { Refusal } from '../../parts/basics';
import { DialogButtons } from '../../parts/DialogButtons';
import { addressesIn } from '../settings/mail/draft';
import { EVERY, type Every, hourWords, spanWords } from './schedule';

interface Props {
  title: string;
  draft: ReportScheduleInput;
  save: { error: Error | null; isPending: boolean };
  onSave: (draft: ReportScheduleInput) => void;
  onClose: () => void;
}

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

export function ScheduleDialog({ title, draft: begun, save, onSave, onClose }: Props) {
  const session = useSession().data;
  const sites = session?.sites ?? [];
  const [draft, setDraft] = useState(begun);
  const [recipients, setRecipients] = useState(begun.recipients.join('\n') || (session?.user.email ?? ''));
  const change = (part: Partial<ReportScheduleInput>) => setDraft((now) => ({ ...now, ...part }));
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
            <TextField value={draft.name} onChange={(name) => change({ name })} isRequired autoFocus>
              <Label>{t`Name, which begins the subject`}</Label>
              <Input maxLength={100} />
            </TextField>
            <label>
              {t`How often`}
              <select value={draft.every} onChange={(event) => change({ every: event.target.value as Every })}>
                {EVERY.map((every) => (
                  <option key={every} value={every}>
                    {spanWords(every)}
                  </option>
                ))}
              </select>
            </label>
            <label>
              {t`At which hour`}
              <select value={draft.hour} onChange={(event) => change({ hour: Number(event.target.value) })}>
                {HOURS.map((hour) => (
                  <option key={hour} value={hour}>
                    {hourWords(hour)}
                  </option>
                ))}
              </select>
            </label>
            {sites.length > 1 ? (
              <label>
                {t`Doors of`}
                <select
                  value={draft.site_id ?? ''}
                  onChange={(event) => change({ site_id: event.target.value || null })}
                >
                  <option value="">{t`all sites`}</option>
                  {sites.map((site) => (
                    <option key={site.site_id} value={site.site_id}>
                      {site.name}
                    </option>
                  ))}
                </select>
              </label>
            ) : null}
            <TextField value={recipients} onChange={setRecipients} isRequired>
              <Label>{t`Mail to, one a line`}</Label>
              <TextArea rows={3} spellCheck="false" />
            </TextField>
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
