/** Searches that are kept, in their colours, and keeping the one that is shown. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { type NewSearch, useForgetSearch, useSavedSearches, useSaveSearch } from '../../api/searching';
import { Button, Refusal } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { searchPath } from '../../shell/query';
import { linkTo } from '../../shell/router';

const COLOURS = ['blue', 'teal', 'green', 'amber', 'red', 'pink', 'violet', 'grey'] as const;

export function SavedSearches({ text }: { text: string }) {
  const saved = useSavedSearches().data ?? [];
  const forget = useForgetSearch();
  if (!saved.length) return null;
  return (
    <ul className="chips saved" aria-label={t`Saved searches`}>
      {saved.map((one) => (
        <li key={one.saved_search_id} className={`chip colour-${one.colour}`}>
          <a
            className="chip-text"
            aria-current={one.text === text ? 'page' : undefined}
            {...linkTo(searchPath(one.text))}
          >
            {one.name}
            {one.shared ? <span className="soft"> {t`shared`}</span> : null}
          </a>
          {one.mine ? (
            <button
              type="button"
              className="chip-close"
              aria-label={t`Forget the saved search ${one.name}`}
              onClick={() => forget.mutate(one.saved_search_id)}
            >
              <Shape name="close" />
            </button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

export function SaveSearch({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  if (!text) return null;
  return open ? (
    <SaveForm text={text} close={() => setOpen(false)} />
  ) : (
    <Button onPress={() => setOpen(true)}>{t`Save search`}</Button>
  );
}

function SaveForm({ text, close }: { text: string; close: () => void }) {
  const save = useSaveSearch();
  const keep = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const colour = String(given.get('colour')) as NewSearch['colour'];
    const name = String(given.get('name')).trim() || text.slice(0, 100);
    save.mutate({ name, text, colour, shared: given.has('shared') }, { onSuccess: close });
  };
  return (
    <form className="save-search" onSubmit={keep} aria-label={t`Save search`}>
      <label>
        <Trans>Name</Trans> {/* biome-ignore lint/a11y/noAutofocus: the form was opened to type here */}
        <input name="name" defaultValue={text.slice(0, 100)} maxLength={100} required autoFocus />
      </label>
      <fieldset className="colours">
        <legend>
          <Trans>Colour</Trans>
        </legend>
        {COLOURS.map((colour) => (
          <label key={colour} className={`colour-${colour}`}>
            <input type="radio" name="colour" value={colour} defaultChecked={colour === 'blue'} />
            <span className="hidden">{colour}</span>
          </label>
        ))}
      </fieldset>
      <label className="tick-label">
        <input type="checkbox" name="shared" /> <Trans>For all of the account</Trans>
      </label>
      <Button type="submit" isPending={save.isPending}>{t`Save`}</Button>
      <Button onPress={close}>{t`Cancel`}</Button>
      <Refusal of={save} />
    </form>
  );
}
