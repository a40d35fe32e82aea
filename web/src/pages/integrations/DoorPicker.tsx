/** The drop-down of doors beside a camera: a search box over thousands of them; choosing a mapped one takes it away. */
import { useMemo, useState } from 'react';
import { Button as AriaButton, ComboBox, Input, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import type { MappableDoor } from '../../api/integrations';
import { Shape } from '../../parts/icons';
import { offeredDoors } from './draft';

interface Props {
  camera: string;
  doors: readonly MappableDoor[];
  mapped: ReadonlySet<string>;
  onToggle: (doorId: string) => void;
}

type Picking = 'never' | 'open' | 'chosen' | 'left';

export function DoorPicker(props: Props) {
  const [picking, setPicking] = useState<Picking>('never');
  // A list of two thousand drop-downs would be slow: one becomes real when it is used.
  if (picking === 'open') {
    return (
      <OpenPicker
        {...props}
        onToggle={(door) => {
          setPicking('chosen');
          props.onToggle(door);
        }}
        onClose={() => setPicking((now) => (now === 'open' ? 'left' : now))}
      />
    );
  }
  return (
    <AriaButton
      key={picking}
      className="picker-closed"
      aria-label={`Doors that ${props.camera} sees`}
      // Who chose goes on from here: with Enter to another door, with Tab to the next camera.
      autoFocus={picking === 'chosen'}
      onPress={() => setPicking('open')}
    >
      <span>{props.mapped.size ? 'Choose another door…' : 'Choose a door…'}</span>
      <span aria-hidden="true">▾</span>
    </AriaButton>
  );
}

function OpenPicker({ camera, doors, mapped, onToggle, onClose }: Props & { onClose: () => void }) {
  const [text, setText] = useState('');
  const offered = useMemo(() => offeredDoors(doors, text), [doors, text]);
  return (
    <ComboBox
      aria-label={`Doors that ${camera} sees`}
      className="picker"
      items={offered.doors}
      defaultFilter={() => true}
      inputValue={text}
      onInputChange={setText}
      selectedKey={null}
      menuTrigger="focus"
      allowsEmptyCollection
      onBlur={onClose}
      onSelectionChange={(key) => {
        if (key !== null) onToggle(String(key));
      }}
    >
      <div className="picker-field">
        <Input placeholder="Name of a door" autoFocus />
        <AriaButton>▾</AriaButton>
      </div>
      <Popover className="popover">
        <ListBox
          className="options"
          renderEmptyState={() => (
            <p className="notice">{doors.length ? 'No door has this name' : 'No door is known yet'}</p>
          )}
        >
          {(door: MappableDoor) => (
            <ListBoxItem id={door.door_id} textValue={door.name} className="option">
              <span>{door.name}</span>
              {mapped.has(door.door_id) ? (
                <span>
                  <Shape name="tick" />
                  <span className="hidden">, mapped: choose to take it away</span>
                </span>
              ) : null}
            </ListBoxItem>
          )}
        </ListBox>
        {offered.more ? <p className="notice small">{offered.more} more: type a part of the name</p> : null}
      </Popover>
    </ComboBox>
  );
}
