/** Who changed what about a door, asked for when somebody wants to know; and the way back. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, api } from '../../api/client';
import type { Door } from '../../api/types';
import { Button, Clock, Failure, Loading } from '../../parts/basics';
import { type DoorChange, type Restorable, TakeBackDialog } from './TakeBackDialog';

export function DoorHistory({ door }: { door: Door }) {
  const [open, setOpen] = useState(false);
  const [taking, setTaking] = useState<{ change: DoorChange; what: Restorable } | null>(null);
  const history = useQuery({
    queryKey: ['doors', door.door_id, 'history'],
    enabled: open,
    queryFn: ({ signal }) =>
      answer(api.GET('/api/doors/{door_id}/history', { params: { path: { door_id: door.door_id } }, signal })),
  });
  return (
    <details className="door-history" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="small" aria-label={t`History of ${door.name}`}>
        {t`History`}
      </summary>
      {history.isLoading ? <Loading what={t`the history`} /> : null}
      {history.isError ? <Failure error={history.error} retry={() => void history.refetch()} /> : null}
      {history.data && !history.data.length ? <p className="soft small">{t`Nothing was changed yet.`}</p> : null}
      {history.data?.length ? (
        <ol className="small">
          {history.data.map((change) => (
            <li key={`${change.at} ${change.sentence}`}>
              <Clock at={change.at} /> {change.sentence}{' '}
              <span className="soft">
                <Trans>by {change.who}</Trans>
              </span>{' '}
              <TakeBack change={change} onTake={(what) => setTaking({ change, what })} />
            </li>
          ))}
        </ol>
      ) : null}
      {taking ? <TakeBackDialog door={door} {...taking} onClose={() => setTaking(null)} /> : null}
    </details>
  );
}

/** A certificate stays what it is: all else has a version before it. */
function TakeBack({ change, onTake }: { change: DoorChange; onTake: (what: Restorable) => void }) {
  const { what } = change;
  if (what === 'certificate') return null;
  return (
    <Button tone="quiet" onPress={() => onTake(what)} aria-label={t`Take back: ${change.sentence}`}>
      {t`Take back…`}
    </Button>
  );
}
