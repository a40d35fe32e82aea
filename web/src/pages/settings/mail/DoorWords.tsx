/** Which words are shown: those for all doors, or those of one that has its own. */
import { t } from '@lingui/core/macro';
import type { AlertWords } from '../../../api/alerts';
import type { DoorOutline } from '../../../api/types';
import { Button } from '../../../parts/basics';
import { Picker } from '../../../parts/Picker';

interface Props {
  doors: readonly DoorOutline[];
  own: Record<string, AlertWords>;
  shown: string | null;
  onShow: (door: string | null) => void;
  onAdd: (door: string) => void;
  onRemove: (door: string) => void;
}

export function DoorWords({ doors, own, shown, onShow, onAdd, onRemove }: Props) {
  const nameOf = (id: string) => doors.find((door) => door.door_id === id)?.name ?? id;
  const has = Object.keys(own);
  return (
    <div className="door-words">
      {has.length ? (
        <label>
          {t`Words for`}
          <select value={shown ?? ''} onChange={(event) => onShow(event.target.value || null)}>
            <option value="">{t`All other doors`}</option>
            {has.map((id) => (
              <option key={id} value={id}>
                {nameOf(id)}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      <Picker
        label={t`Give a door words of its own`}
        prompt={t`Own words for a door`}
        placeholder={t`Door`}
        noMatch={t`No such door`}
        nothing={t`There are no doors yet`}
        choices={() =>
          doors.filter((door) => !(door.door_id in own)).map((door) => ({ id: door.door_id, name: door.name }))
        }
        onPick={onAdd}
      />
      {shown ? <Button onPress={() => onRemove(shown)}>{t`As for all other doors`}</Button> : null}
    </div>
  );
}
