/** A drop-down with a search box over thousands of choices; one that was chosen already is taken away by choosing it. */
import { Trans } from '@lingui/react/macro';
import { useMemo, useState } from 'react';
import { Button as AriaButton, ComboBox, Input, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import { type Choice, offered } from './choices';
import { Shape } from './icons';

interface Props {
  /** What is chosen here, for those who don't see what stands around it. */
  label: string;
  /** What stands on it while it is closed. */
  prompt: string;
  /** What its search box asks for. */
  placeholder: string;
  /** Told when nothing matches, and when there is nothing at all. */
  noMatch: string;
  nothing: string;
  /** What is said of one that is chosen already. */
  taken?: string;
  /** Asked for when it opens, so that closed ones cost nothing. */
  choices: () => Choice[];
  onPick: (id: string) => void;
}

type Picking = 'never' | 'open' | 'chosen' | 'left';

export function Picker(props: Props) {
  const [picking, setPicking] = useState<Picking>('never');
  // A list of two thousand drop-downs would be slow: one becomes real when it is used.
  if (picking === 'open') {
    return (
      <OpenPicker
        {...props}
        onPick={(id) => {
          setPicking('chosen');
          props.onPick(id);
        }}
        onClose={() => setPicking((now) => (now === 'open' ? 'left' : now))}
      />
    );
  }
  return (
    <AriaButton
      key={picking}
      className="picker-closed"
      aria-label={props.label}
      // Who chose goes on from here: with Enter to another choice, with Tab to what comes next.
      autoFocus={picking === 'chosen'}
      onPress={() => setPicking('open')}
    >
      <span>{props.prompt}</span>
      <span aria-hidden="true">▾</span>
    </AriaButton>
  );
}

function OpenPicker({
  label,
  placeholder,
  noMatch,
  nothing,
  taken = 'mapped',
  choices,
  onPick,
  onClose,
}: Props & { onClose: () => void }) {
  const [text, setText] = useState('');
  // What there was when it was opened: a list that changes under a finger is no list to choose from.
  const [all] = useState(choices);
  const shown = useMemo(() => offered(all, text), [all, text]);
  return (
    <ComboBox
      aria-label={label}
      className="picker"
      items={shown.choices}
      defaultFilter={() => true}
      inputValue={text}
      onInputChange={setText}
      selectedKey={null}
      menuTrigger="focus"
      allowsEmptyCollection
      onBlur={onClose}
      onSelectionChange={(key) => {
        if (key !== null) onPick(String(key));
      }}
    >
      <div className="picker-field">
        <Input placeholder={placeholder} autoFocus />
        <AriaButton>▾</AriaButton>
      </div>
      <Popover className="popover">
        <ListBox
          className="options"
          renderEmptyState={() => <p className="notice">{all.length ? noMatch : nothing}</p>}
        >
          {(choice: Choice) => (
            <ListBoxItem id={choice.id} textValue={choice.name} className="option">
              <span>{choice.name}</span>
              {choice.note ? <span className="soft small">{choice.note}</span> : null}
              {choice.chosen ? (
                <span>
                  <Shape name="tick" />
                  <span className="hidden">
                    <Trans>, {taken}: choose to take it away</Trans>
                  </span>
                </span>
              ) : null}
            </ListBoxItem>
          )}
        </ListBox>
        {shown.more ? (
          <p className="notice small">
            <Trans>{shown.more} more: type a part of the name</Trans>
          </p>
        ) : null}
      </Popover>
    </ComboBox>
  );
}
