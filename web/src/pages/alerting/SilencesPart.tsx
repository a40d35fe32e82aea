/** Silences: times in which people are not told, with a reason and an end. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Input, Label, TextField } from 'react-aria-components';
import { type Silence, useBeginSilence, useEndSilence, useSilences } from '../../api/alertRules';
import { useDoorOutlines } from '../../api/queries';
import { Button, Clock, Failure, Loading, Refusal } from '../../parts/basics';
import { sayWhy } from '../../shell/ask';

const LENGTHS: [number, string][] = [
  [60, t`for an hour`],
  [240, t`for 4 hours`],
  [1440, t`for a day`],
  [10_080, t`for a week`],
];

export function SilencesPart() {
  const silences = useSilences();
  const doors = useDoorOutlines().data ?? [];
  const nameOf = (id: string) => doors.find((door) => door.door_id === id)?.name ?? id;
  return (
    <>
      <h2>{t`Silences`}</h2>
      <p className="soft">
        <Trans>
          While a silence holds, nobody is mailed or told in a chat. Incidents are still found and wait for review;
          signed posts and logs go on.
        </Trans>
      </p>
      <Begin doors={doors} />
      {silences.isPending ? <Loading what={t`silences`} /> : null}
      {silences.isError ? <Failure error={silences.error} retry={() => void silences.refetch()} /> : null}
      <ul className="lines">
        {silences.data?.slice(0, 10).map((silence) => (
          <Line key={silence.silence_id} silence={silence} nameOf={nameOf} />
        ))}
      </ul>
    </>
  );
}

function Begin({ doors }: { doors: { door_id: string; name: string }[] }) {
  const begin = useBeginSilence();
  const [reason, setReason] = useState('');
  const [minutes, setMinutes] = useState(60);
  const [door, setDoor] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = { reason: reason.trim(), minutes, door_ids: door ? [door] : [], kinds: [] };
    begin.mutate(wanted, { onSuccess: () => setReason('') });
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={reason} onChange={setReason} isRequired>
        <Label>{t`Reason`}</Label>
        <Input maxLength={500} placeholder={t`Fire drill`} />
      </TextField>
      <label>
        {t`At`}
        <select value={door} onChange={(event) => setDoor(event.target.value)}>
          <option value="">{t`all doors`}</option>
          {doors.map((one) => (
            <option key={one.door_id} value={one.door_id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t`How long`}
        <select value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>
          {LENGTHS.map(([length, word]) => (
            <option key={length} value={length}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <Button type="submit" isDisabled={!reason.trim()} isPending={begin.isPending}>
        {t`Silence`}
      </Button>
      <Refusal of={begin} />
    </form>
  );
}

function Line({ silence, nameOf }: { silence: Silence; nameOf: (id: string) => string }) {
  const end = useEndSilence();
  const where = silence.door_ids.length ? silence.door_ids.map(nameOf).join(', ') : t`all doors`;
  return (
    <li>
      <div>
        <strong>{silence.reason}</strong>
        <p className="soft small">
          {where} · {silence.created_by} · <Until silence={silence} />
        </p>
      </div>
      {silence.holds ? (
        <Button
          onPress={() => end.mutateAsync(silence.silence_id).catch(sayWhy)}
          aria-label={t`End the silence: ${silence.reason}`}
        >
          {t`End it`}
        </Button>
      ) : (
        <div className="actions">
          <span className="badge quiet">{t`over`}</span>
        </div>
      )}
    </li>
  );
}

function Until({ silence }: { silence: Silence }) {
  if (silence.ended_at) {
    return (
      <Trans>
        ended by {silence.ended_by} <Clock at={silence.ended_at} />
      </Trans>
    );
  }
  return (
    <Trans>
      until <Clock at={silence.until} />
    </Trans>
  );
}
