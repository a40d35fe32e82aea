/** What could be mended about a door: its clock, events that are missing, doors that share its grants. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { useAcceptClock, useDoor, useDoorOutlines, usePoolDoors } from '../../api/queries';
import { Button, Failure } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { say, sayWhy } from '../../shell/ask';

type Detail = NonNullable<ReturnType<typeof useDoor>['data']>;

export function DoorFindings({ id, onOffset }: { id: string; onOffset: (offset: number) => void }) {
  const door = useDoor(id);
  if (door.isError) return <Failure error={door.error} retry={() => void door.refetch()} />;
  if (!door.data) return null;
  return (
    <section className="findings" aria-label={t`What the door's events say`}>
      <Clocks door={door.data} onOffset={onOffset} />
      {door.data.missing_types.length ? (
        <div>
          <h3>
            <Shape name="question" /> {t`Events that the gateway does not get`}
          </h3>
          <ul className="lines-plain">
            {door.data.missing_types.map((missing) => (
              <li key={missing.meaning}>
                <span className="soft">{missing.meaning.replace(/_/g, ' ')}:</span>{' '}
                <code>{missing.types.join(', ')}</code>
              </li>
            ))}
          </ul>
          <p className="soft small">{t`Add them to acs_door_events in the gateway's values.yaml.`}</p>
        </div>
      ) : null}
      {door.data.sensor ? (
        <p>
          <Trans>
            The door's own sensor counted{' '}
            {plural(door.data.sensor.sensed, { one: '1 entry', other: `${door.data.sensor.sensed} entries` })} today,
            the cameras {door.data.sensor.entered}.
          </Trans>
        </p>
      ) : null}
      <Pool key={JSON.stringify(door.data.pool)} door={door.data} />
    </section>
  );
}

function Clocks({ door, onOffset }: { door: Detail; onOffset: (offset: number) => void }) {
  const accept = useAcceptClock();
  const proposal = door.clock_proposal;
  if (!proposal) return null;
  const take = () =>
    accept.mutateAsync(door.door_id).then((changed) => {
      onOffset(changed.policy.clock_offset ?? 0);
      say(t`The clock difference of ${door.name} is accepted; it holds from now on.`);
    }, sayWhy);
  return (
    <div>
      <h3>
        <Shape name="question" /> {t`The clocks seem to differ`}
      </h3>
      <p>
        <Trans>
          {proposal.pairs} people who came alone passed {proposal.delay.toFixed(1)} s after their grant, half of them
          between {proposal.delay_low.toFixed(1)} s and {proposal.delay_high.toFixed(1)} s: the access control clock is
          ahead by about <strong>{proposal.offset.toFixed(1)} s</strong>.
        </Trans>
      </p>
      <Button onPress={take} isPending={accept.isPending}>
        <Trans>Accept {proposal.offset.toFixed(1)} s</Trans>
      </Button>
    </div>
  );
}

/** Doors that share this one's grants: one reader for two leaves, a bank of turnstiles. */
function Pool({ door }: { door: Detail }) {
  const doors = useDoorOutlines();
  const pool = usePoolDoors();
  const others = (doors.data ?? []).filter((other) => other.door_id !== door.door_id);
  const stored = door.pool?.with_doors.map((other) => other.door_id).filter((id) => id !== door.door_id) ?? [];
  const [chosen, setChosen] = useState<readonly string[]>(stored);
  const changed = [...chosen].sort().join() !== [...stored].sort().join();
  if (!others.length) return null;
  if (door.pool && door.pool.door.door_id !== door.door_id) {
    return (
      <p>
        <Trans>This door shares the grants of {door.pool.door.name}: change that in the policy of that door.</Trans>
      </p>
    );
  }
  return (
    <details open={stored.length > 0}>
      <summary>
        <Trans>Doors that share the grants of this one: {stored.length || t`none`}</Trans>
      </summary>
      <ul className="pool">
        {others.map((other) => (
          <li key={other.door_id}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(other.door_id)}
                onChange={(event) =>
                  setChosen((now) =>
                    event.target.checked ? [...now, other.door_id] : now.filter((id) => id !== other.door_id),
                  )
                }
              />{' '}
              {other.name}
            </label>
          </li>
        ))}
      </ul>
      {changed ? (
        <Button
          isPending={pool.isPending}
          onPress={() =>
            pool.mutateAsync({ id: door.door_id, door_ids: [...chosen] }).then(
              // The door's news may have replaced this list before the answer is here.
              () => say(t`The shared grants are saved.`),
              sayWhy,
            )
          }
        >
          {t`Save shared grants`}
        </Button>
      ) : null}
    </details>
  );
}
