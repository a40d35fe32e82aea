/** The one search box: suggestions while one types, Enter searches, `/` comes here from everywhere. */

import { t } from '@lingui/core/macro';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useSuggestions } from '../api/queries';
import { usePastSearches } from '../api/searching';
import type { Suggestion } from '../api/types';
import { Shape, type ShapeName } from '../parts/icons';
import { plain } from '../words';
import { onEditSearch } from './editing';
import { complete, searchPath } from './query';
import { navigate, usePlace } from './router';
import { useShortcuts } from './shortcuts';

const SHAPES: Record<string, ShapeName> = {
  camera: 'live',
  door: 'door',
  site: 'full',
  group: 'full',
  person: 'two',
  label: 'flag',
  time: 'clock',
  past: 'back',
};
const MOST_PAST = 6;

export function SearchBox() {
  const place = usePlace();
  const asked = place.path === '/search' ? (place.query.get('q') ?? '') : '';
  const [text, setText] = useState(asked);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const past = usePastSearches(open && !text).data ?? [];
  const offered = useSuggestions(text, open).data ?? [];
  const before: Suggestion[] = text ? [] : past.slice(0, MOST_PAST).map((one) => ({ text: one, kind: 'past' }));
  const suggestions = [...before, ...offered.filter((one) => !before.some((other) => other.text === one.text))];
  useEffect(() => setText(asked), [asked]);
  useEffect(
    () =>
      onEditSearch((start, end) => {
        input.current?.focus();
        input.current?.setSelectionRange(start, end);
      }),
    [],
  );
  useShortcuts({
    '/': () => {
      input.current?.focus();
      input.current?.select();
    },
  });
  const shown = open && suggestions.length > 0;
  const go = (query: string) => {
    setOpen(false);
    setActive(-1);
    setText(query);
    void navigate(searchPath(query));
  };
  const take = (suggestion: Suggestion) => {
    const query = complete(text, suggestion.text);
    setText(`${query} `);
    setActive(-1);
  };
  const move = (step: number) => {
    setOpen(true);
    setActive((now) => (suggestions.length ? (now + step + suggestions.length + 1) % (suggestions.length + 1) : -1));
  };
  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    const chosen = active >= 0 && active < suggestions.length ? suggestions[active] : undefined;
    const atEnd = event.currentTarget.selectionStart === text.length;
    if (event.key === 'ArrowDown') move(1);
    else if (event.key === 'ArrowUp') move(-1);
    else if (event.key === 'Enter') go(chosen ? complete(text, chosen.text) : text);
    else if ((event.key === 'Tab' || (event.key === 'ArrowRight' && atEnd)) && chosen) take(chosen);
    else if (event.key === 'Escape') {
      if (shown) setOpen(false);
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };
  return (
    <search className="search-box">
      <Shape name="search" />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={t`Search`}
        aria-expanded={shown}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={shown && active >= 0 ? `${list}-${active}` : undefined}
        placeholder={t`Search: tailgating today`}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        enterKeyHint="search"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
          setActive(-1);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={keys}
      />
      {text ? null : <kbd>/</kbd>}
      <div role="listbox" id={list} className="suggestions" hidden={!shown} aria-label={t`Suggestions`}>
        {suggestions.map((suggestion, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box's own keys choose
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the box
          <div
            key={`${suggestion.kind} ${suggestion.text}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === active}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => go(complete(text, suggestion.text))}
          >
            <span>
              <Shape name={SHAPES[suggestion.kind] ?? 'search'} /> {suggestion.text}
            </span>
            <span className="soft">{suggestion.kind === 'past' ? t`searched before` : plain(suggestion.kind)}</span>
          </div>
        ))}
      </div>
    </search>
  );
}
