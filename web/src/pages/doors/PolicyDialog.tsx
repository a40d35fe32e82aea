/** How the rule judges a door: times in seconds, the direction that needs a grant, guests. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useSavePolicy } from '../../api/queries';
import type { Door, Policy } from '../../api/types';
import { Refusal, refusalShown } from '../../parts/basics';
import { useCloses } from '../../parts/closing';
import { DialogButtons } from '../../parts/DialogButtons';
import { say } from '../../shell/ask';
import { DoorFindings } from './DoorFindings';

type NumberKey = Exclude<keyof Policy, 'controlled_direction' | 'clock_offset_auto'>;

interface Field {
  key: NumberKey;
  label: string;
  hint: string;
  least: number;
  most: number;
  step: number;
}

const FIELDS: Field[] = [
  { key: 'grant_after', label: t`A grant admits for`, hint: t`seconds after it`, least: 0, most: 300, step: 0.5 },
  { key: 'grant_before', label: t`and for`, hint: t`seconds before it`, least: 0, most: 60, step: 0.5 },
  {
    key: 'guests_per_grant',
    label: t`Guests on one grant`,
    hint: t`people besides its holder`,
    least: 0,
    most: 20,
    step: 1,
  },
  {
    key: 'group_gap',
    label: t`One incident while entries are within`,
    hint: t`seconds`,
    least: 0,
    most: 60,
    step: 0.5,
  },
  { key: 'settle', label: t`A verdict is final after`, hint: t`seconds`, least: 0, most: 60, step: 0.5 },
  {
    key: 'clock_offset',
    label: t`Access control clock is ahead by`,
    hint: t`seconds`,
    least: -3600,
    most: 3600,
    step: 0.1,
  },
  {
    key: 'unlocked_max_manual',
    label: t`Unlocked by hand ends after`,
    hint: t`seconds`,
    least: 0,
    most: 86400,
    step: 1,
  },
  {
    key: 'unlocked_max_scheduled',
    label: t`Unlocked by schedule ends after`,
    hint: t`seconds`,
    least: 0,
    most: 604800,
    step: 60,
  },
];

/** The switch that keeps the clock difference up to date stands below its field. */
const AFTER_CLOCK = FIELDS.findIndex((field) => field.key === 'clock_offset') + 1;

interface NumberFieldProps {
  field: Field;
  policy: Policy;
  onChange: (policy: Policy) => void;
}

function NumberField({ field, policy, onChange }: NumberFieldProps) {
  const value = policy[field.key];
  return (
    <label>
      <span>{field.label}</span>
      <span className="with-unit">
        <input
          type="number"
          required
          min={field.least}
          max={field.most}
          step={field.step}
          value={Number.isNaN(value) ? '' : value}
          onChange={(event) => onChange({ ...policy, [field.key]: event.target.valueAsNumber })}
        />
        <span className="soft">{field.hint}</span>
      </span>
    </label>
  );
}

export function PolicyDialog({ door, onClose }: { door: Door; onClose: () => void }) {
  const save = useSavePolicy();
  const close = useCloses(onClose);
  const [policy, setPolicy] = useState<Policy>({ ...(door.policy as Policy) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutateAsync({ id: door.door_id, policy }).then(() => {
      say(t`The policy of ${door.name} is saved; it holds from now on.`);
      close();
    }, refusalShown);
  };
  return (
    <ModalOverlay className="veil" isOpen onOpenChange={(open) => !open && onClose()} isDismissable>
      <Modal className="dialog-box">
        <Dialog className="dialog">
          <form onSubmit={submit} className="policy">
            <Heading slot="title">
              <Trans>Policy of {door.name}</Trans>
            </Heading>
            <label>
              <span>{t`A grant is needed to go`}</span>
              <select
                value={policy.controlled_direction}
                onChange={(event) =>
                  setPolicy({ ...policy, controlled_direction: event.target.value as Policy['controlled_direction'] })
                }
              >
                <option value="in">{t`in`}</option>
                <option value="out">{t`out`}</option>
                <option value="both">{t`in and out`}</option>
              </select>
            </label>
            {FIELDS.slice(0, AFTER_CLOCK).map((field) => (
              <NumberField key={field.key} field={field} policy={policy} onChange={setPolicy} />
            ))}
            <label className="check">
              <input
                type="checkbox"
                checked={policy.clock_offset_auto}
                onChange={(event) => setPolicy({ ...policy, clock_offset_auto: event.target.checked })}
              />
              <span>{t`Keep that clock difference up to date by itself`}</span>
            </label>
            {FIELDS.slice(AFTER_CLOCK).map((field) => (
              <NumberField key={field.key} field={field} policy={policy} onChange={setPolicy} />
            ))}
            <Refusal of={save} />
            <DialogButtons onClose={onClose} word={t`Save policy`} isPending={save.isPending} />
          </form>
          <DoorFindings
            id={door.door_id}
            onOffset={(offset) => setPolicy((now) => ({ ...now, clock_offset: offset }))}
          />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
