/** Where people are counted by hand: a button and a key for each way. */
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import { Button } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import type { Way } from './commissionApi';

/** While people are counted their keys come first; after `g` they lead to the pages, as everywhere. */
function useMarkKeys(keys: Record<string, () => void>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let going = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const typed = event.target instanceof HTMLElement && event.target.closest('input:not([type="range"]), textarea');
      if (typed || document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
      if (event.key === 'g') going = Date.now();
      const handler = latest.current[event.key];
      if (!handler || Date.now() - going < 1500) return;
      event.preventDefault();
      handler();
    };
    window.addEventListener('keydown', pressed, { capture: true });
    return () => window.removeEventListener('keydown', pressed, { capture: true });
  }, []);
}

interface MarkProps {
  onMark: (ways: readonly Way[]) => void;
  onUndo: () => void;
}

/** The buttons, as large as a thumb, and their keys. */
export function MarkButtons({ onMark, onUndo }: MarkProps) {
  useMarkKeys({
    i: () => onMark(['in']),
    o: () => onMark(['out']),
    b: () => onMark(['in', 'out']),
    u: onUndo,
  });
  return (
    <div className="mark-buttons">
      <Button className="mark-in" onPress={() => onMark(['in'])}>
        <Shape name="in" />{' '}
        <Trans>
          In <kbd>i</kbd>
        </Trans>
      </Button>
      <Button className="mark-out" onPress={() => onMark(['out'])}>
        <Shape name="out" />{' '}
        <Trans>
          Out <kbd>o</kbd>
        </Trans>
      </Button>
      <Button className="mark-both" onPress={() => onMark(['in', 'out'])}>
        <Shape name="two" />{' '}
        <Trans>
          Both: one in, one out <kbd>b</kbd>
        </Trans>
      </Button>
      <Button tone="quiet" onPress={onUndo}>
        <Shape name="back" />{' '}
        <Trans>
          Take the last back <kbd>u</kbd>
        </Trans>
      </Button>
    </div>
  );
}
