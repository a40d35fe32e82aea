/** Who gets the mail besides badge holders, from whom it comes, how long its links work, and where it does not wait. */
import { t } from '@lingui/core/macro';
import { Input, Label, TextArea, TextField } from 'react-aria-components';
import type { AlertSettings } from '../../../api/alerts';
import type { DoorOutline } from '../../../api/types';
import { Picker } from '../../../parts/Picker';
import { Check } from '../../alerting/Check';
import type { Draft } from './draft';

interface Props {
  stored: AlertSettings;
  draft: Draft;
  doors: readonly DoorOutline[];
  onChange: (part: Partial<Draft>) => void;
}

export function MailSender({ stored, draft, doors, onChange }: Props) {
  const sender = draft.sender;
  const from = (part: Partial<typeof sender>) => onChange({ sender: { ...sender, ...part } });
  const overdue = draft.overdue;
  const late = (part: Partial<typeof overdue>) => onChange({ overdue: { ...overdue, ...part } });
  const toggle = (id: string) =>
    onChange({
      at_once: draft.at_once.includes(id) ? draft.at_once.filter((one) => one !== id) : [...draft.at_once, id],
    });
  return (
    <>
      <TextField value={draft.recipients} onChange={(recipients) => onChange({ recipients })}>
        <Label>{t`Recipients, one a line; without any the account's owners`}</Label>
        <TextArea rows={2} spellCheck="false" placeholder={stored.owners.join('\n')} />
      </TextField>
      <div className="field-pair">
        <TextField value={sender.address ?? ''} onChange={(address) => from({ address })}>
          <Label>{t`From`}</Label>
          <Input inputMode="email" placeholder={stored.mail_from} />
        </TextField>
        <TextField value={sender.name ?? ''} onChange={(name) => from({ name })}>
          <Label>{t`Name beside it`}</Label>
          <Input placeholder="Doorwatch" />
        </TextField>
        <TextField value={sender.reply_to ?? ''} onChange={(reply_to) => from({ reply_to })}>
          <Label>{t`Reply-To`}</Label>
          <Input inputMode="email" />
        </TextField>
        <label>
          {t`Links in mails work for, in days`}
          <input
            type="number"
            min={1}
            max={90}
            value={draft.link_days}
            onChange={(event) => onChange({ link_days: Math.max(1, Math.min(90, Number(event.target.value) || 1)) })}
          />
        </label>
      </div>
      <div className="field-pair">
        <label>
          {t`Most mails a minute to one person; more become one digest`}
          <input
            type="number"
            min={0}
            max={10_000}
            value={draft.storm}
            onChange={(event) => onChange({ storm: Math.max(0, Number(event.target.value) || 0) })}
          />
        </label>
        <label>
          {t`Minutes without a review until it is told again; 0 for never`}
          <input
            type="number"
            min={0}
            max={1440}
            value={overdue.minutes}
            onChange={(event) => late({ minutes: Math.max(0, Number(event.target.value) || 0) })}
          />
        </label>
        {overdue.minutes ? (
          <>
            <label>
              {t`How often at most`}
              <input
                type="number"
                min={1}
                max={10}
                value={overdue.times}
                onChange={(event) => late({ times: Math.max(1, Math.min(10, Number(event.target.value) || 1)) })}
              />
            </label>
            <TextField
              value={overdue.recipients?.join(' ') ?? ''}
              onChange={(text) => late({ recipients: text.split(/[\s,;]/) })}
            >
              <Label>{t`To whom; to those who were told without any`}</Label>
              <Input inputMode="email" />
            </TextField>
          </>
        ) : null}
      </div>
      <Check isSelected={draft.fire_inhibits} onChange={(fire_inhibits) => onChange({ fire_inhibits })}>
        {t`Nothing is told of incidents while a fire release is on`}
      </Check>
      <div className="field">
        {t`At once, without waiting for the final verdict`}
        <div className="chips">
          {draft.at_once.map((id) => (
            <span key={id} className="chip">
              {doors.find((door) => door.door_id === id)?.name ?? id}
            </span>
          ))}
          <Picker
            label={t`Doors that are told of at once`}
            prompt={t`Choose doors`}
            placeholder={t`Door`}
            noMatch={t`No such door`}
            nothing={t`There are no doors yet`}
            choices={() =>
              doors.map((door) => ({
                id: door.door_id,
                name: door.name,
                chosen: draft.at_once.includes(door.door_id),
              }))
            }
            onPick={toggle}
          />
        </div>
      </div>
    </>
  );
}
