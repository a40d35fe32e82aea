/** Between pictures and strip: play, single pictures, speed, what happened next, the time, zoom, a link. */
import { t } from '@lingui/core/macro';
import { type FormEvent, useState } from 'react';
import { Button, Clock, useZone } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { type Playhead, SPEEDS } from '../../replay/playhead';
import { usePlayhead } from '../../replay/usePlayhead';
import { say } from '../../shell/ask';
import { fromLocal, toLocal } from '../../time';
import { lengthWords, type View } from './scale';

export interface Acts {
  step: (by: -1 | 1) => void;
  next: (by: -1 | 1) => void;
  jump: (seconds: number) => void;
  zoom: (factor: number) => void;
  toNow: () => void;
  paint: () => void;
  fullScreen: () => void;
}

interface Props {
  playhead: Playhead;
  view: View;
  painted: boolean;
  acts: Acts;
}

export function Controls({ playhead, view, painted, acts }: Props) {
  const { playing, rate } = usePlayhead(playhead);
  return (
    <div className="replay-controls" role="toolbar" aria-label={t`Playing`}>
      <div className="replay-group">
        <Button tone="quiet" onPress={() => acts.next(-1)} aria-label={t`What happened before`}>
          <Shape name="left" />
        </Button>
        <Button tone="quiet" onPress={() => acts.step(-1)} aria-label={t`One picture back`}>
          −1
        </Button>
        <Button tone="main" onPress={() => playhead.toggle()} aria-label={playing ? t`Stop` : t`Play`}>
          <Shape name={playing ? 'pause' : 'play'} />
        </Button>
        <Button tone="quiet" onPress={() => acts.step(1)} aria-label={t`One picture on`}>
          +1
        </Button>
        <Button tone="quiet" onPress={() => acts.next(1)} aria-label={t`What happened next`}>
          <Shape name="right" />
        </Button>
        <label className="replay-speed">
          <span className="hidden">{t`Speed`}</span>
          <select
            value={rate}
            onChange={(event) => {
              playhead.rate = Number(event.target.value);
              playhead.go(playhead.at);
            }}
          >
            {SPEEDS.map((speed) => (
              <option key={speed} value={speed}>
                {speed}×
              </option>
            ))}
          </select>
        </label>
      </div>
      <When playhead={playhead} />
      <div className="replay-group">
        <Button tone="quiet" onPress={() => acts.zoom(2)} aria-label={t`Show a longer time`}>
          <Shape name="minus" />
        </Button>
        <span className="replay-length">{lengthWords(view)}</span>
        <Button tone="quiet" onPress={() => acts.zoom(0.5)} aria-label={t`Show a shorter time`}>
          <Shape name="plus" />
        </Button>
        <button type="button" className="button quiet" aria-pressed={painted} onClick={acts.paint}>
          {t`Overlay`}
        </button>
        <CopyLink playhead={playhead} />
        <Button tone="quiet" onPress={acts.fullScreen} aria-label={t`Full screen`}>
          <Shape name="full" />
        </Button>
      </div>
    </div>
  );
}

/** The time that is shown, and a way to another. */
function When({ playhead }: { playhead: Playhead }) {
  const { at } = usePlayhead(playhead);
  const zone = useZone();
  const [typed, setTyped] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = typed === null ? Number.NaN : fromLocal(typed, zone);
    if (Number.isFinite(wanted)) playhead.go(wanted);
    setTyped(null);
  };
  if (typed === null) {
    return (
      <span className="replay-when">
        <Clock at={at} />
        <Button tone="quiet" onPress={() => setTyped(toLocal(at, zone))}>{t`Go to…`}</Button>
        <Button tone="quiet" onPress={() => playhead.go(Date.now() * 1000 - 30_000_000)}>{t`Now`}</Button>
      </span>
    );
  }
  return (
    <form className="replay-when" onSubmit={submit}>
      <input
        type="datetime-local"
        step="1"
        value={typed}
        aria-label={t`Time to go to`}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button type="submit">{t`Go`}</Button>
      <Button tone="quiet" onPress={() => setTyped(null)}>{t`Cancel`}</Button>
    </form>
  );
}

function CopyLink({ playhead }: { playhead: Playhead }) {
  const copy = async () => {
    const link = `${location.origin}${location.pathname}?at=${new Date(playhead.at / 1000).toISOString()}`;
    try {
      await navigator.clipboard.writeText(link);
      say(t`The link to this moment is copied.`);
    } catch {
      // Without HTTPS browsers refuse the clipboard; the address holds the same.
      say(t`Copy the address of this page: it leads to this moment.`);
    }
  };
  return <Button tone="quiet" onPress={() => void copy()}>{t`Copy link`}</Button>;
}
