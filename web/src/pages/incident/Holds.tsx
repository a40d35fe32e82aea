/** Why evidence is kept, by whom and until when; placing a hold, and ending one. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { type Hold, isActive, usePlaceHold, useReleaseHold } from '../../api/privacy';
import { useSession } from '../../api/queries';
import type { IncidentDetail } from '../../api/types';
import { Button, Clock, Refusal } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { ask, sayWhy } from '../../shell/ask';

const DAY = 86_400_000;
const ENDS: [number, string][] = [
  [30, 'in 30 days'],
  [90, 'in 90 days'],
  [365, t`in a year`],
  [0, t`when somebody ends it`],
];

export function Holds({ incident }: { incident: IncidentDetail }) {
  const mayChange = useSession().data?.permissions.includes('manage') ?? false;
  const [placing, setPlacing] = useState(false);
  const active = incident.holds.filter((hold) => isActive(hold, Date.now()));
  if (!active.length && !mayChange) return null;
  return (
    <section className="holds" aria-label={t`Holds`}>
      {active.map((hold) => (
        <HoldLine key={hold.hold_id} hold={hold} mayEnd={mayChange} />
      ))}
      {placing ? <PlaceHold incident={incident.incident_id} onDone={() => setPlacing(false)} /> : null}
      {mayChange && !placing ? (
        <Button tone="quiet" onPress={() => setPlacing(true)}>
          {active.length ? t`Place another hold` : t`Hold the evidence`}
        </Button>
      ) : null}
    </section>
  );
}

export function HoldLine({ hold, mayEnd }: { hold: Hold; mayEnd: boolean }) {
  const release = useReleaseHold();
  const askAndEnd = async () => {
    const text = t`Retention applies again, and names of people who were erased meanwhile go.`;
    if (await ask(t`End the hold?`, text, t`End it`)) {
      release.mutateAsync(hold).catch(sayWhy);
    }
  };
  return (
    <div className="hold-line">
      <Shape name="lock" />
      <p>
        <strong>{t`Held:`}</strong> {hold.reason}
        <span className="soft small">
          {' '}
          <Trans>
            by {hold.placed_by} since <Clock at={hold.placed_at} />,
          </Trans>{' '}
          {hold.until ? (
            <Trans>
              until <Clock at={hold.until} />
            </Trans>
          ) : (
            t`until somebody ends it`
          )}
        </span>
      </p>
      {mayEnd ? (
        <Button
          onPress={() => void askAndEnd()}
          isPending={release.isPending}
          aria-label={t`End the hold: ${hold.reason}`}
        >
          {t`End`}
        </Button>
      ) : null}
    </div>
  );
}

function PlaceHold({ incident, onDone }: { incident: string; onDone: () => void }) {
  const place = usePlaceHold();
  const [reason, setReason] = useState('');
  const [days, setDays] = useState(90);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const until = days ? new Date(Date.now() + days * DAY).toISOString() : null;
    place.mutate({ incident, reason: reason.trim(), until }, { onSuccess: onDone });
  };
  return (
    <form className="hold-form" onSubmit={submit} aria-label={t`Hold the evidence`}>
      <TextField value={reason} onChange={setReason} maxLength={1000} isRequired autoFocus>
        <Label>{t`Why the evidence is kept`}</Label>
        <Input placeholder={t`Such as the number of a case`} />
      </TextField>
      <label className="field">
        <span>{t`It ends`}</span>
        <select value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {ENDS.map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <div className="actions">
        <Button onPress={onDone}>{t`Cancel`}</Button>
        <Button type="submit" tone="main" isDisabled={reason.trim().length < 3} isPending={place.isPending}>
          {t`Hold`}
        </Button>
      </div>
      <Refusal of={place} />
    </form>
  );
}
