/** Above the wall: how many cameras at a time, which of them, what is heard, and the whole screen. */
import { plural, t } from '@lingui/core/macro';
import { chooseSound, useSounds } from '../../live/sounds';
import { Button } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { KIND_NAMES, kindLook } from '../../words';
import { LAYOUTS } from '../wall';

interface Props {
  layout: number;
  onLayout: (layout: number) => void;
  page: number;
  pages: number;
  onPage: (page: number) => void;
  onFull: () => void;
}

export function WallBar({ layout, onLayout, page, pages, onPage, onFull }: Props) {
  return (
    <div className="wall-bar" role="toolbar" aria-label={t`The wall`}>
      {pages > 1 ? (
        <span className="replay-group">
          <Button tone="quiet" onPress={() => onPage(page - 1)} isDisabled={!page} aria-label={t`Cameras before`}>
            <Shape name="left" />
          </Button>
          {t`${page + 1} of ${pages}`}
          <Button
            tone="quiet"
            onPress={() => onPage(page + 1)}
            isDisabled={page + 1 >= pages}
            aria-label={t`More cameras`}
          >
            <Shape name="right" />
          </Button>
        </span>
      ) : null}
      <Sounds />
      <div className="segments">
        {LAYOUTS.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === layout}
            aria-label={
              one ? plural(one, { one: '1 camera at a time', other: `${one} cameras at a time` }) : t`All cameras`
            }
            onClick={() => onLayout(one)}
          >
            {one || t`All`}
          </button>
        ))}
      </div>
      <Button tone="quiet" onPress={onFull} aria-label={t`Full screen`}>
        <Shape name="full" />
      </Button>
    </div>
  );
}

function Sounds() {
  const chosen = useSounds();
  return (
    <details className="wall-sounds">
      <summary>
        <Shape name={chosen.length ? 'sound' : 'soundOff'} /> {chosen.length ? t`Sounds` : t`Silent`}
      </summary>
      <fieldset>
        <legend className="hidden">{t`Sound for`}</legend>
        {KIND_NAMES.map((kind) => (
          <label key={kind}>
            <input
              type="checkbox"
              checked={chosen.includes(kind)}
              onChange={(event) => chooseSound(kind, event.target.checked)}
            />{' '}
            {kindLook(kind).word}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
