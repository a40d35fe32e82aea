/** Where people are counted by hand: a button and a key for each way. */
import { Button } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { useShortcuts } from '../../shell/shortcuts';
import type { Way } from './commissionApi';

interface MarkProps {
  onMark: (ways: readonly Way[]) => void;
  onUndo: () => void;
}

/** The buttons, as large as a thumb, and their keys. */
export function MarkButtons({ onMark, onUndo }: MarkProps) {
  useShortcuts({
    i: () => onMark(['in']),
    o: () => onMark(['out']),
    b: () => onMark(['in', 'out']),
    u: onUndo,
  });
  return (
    <div className="mark-buttons">
      <Button className="mark-in" onPress={() => onMark(['in'])}>
        <Shape name="in" /> In <kbd>i</kbd>
      </Button>
      <Button className="mark-out" onPress={() => onMark(['out'])}>
        <Shape name="out" /> Out <kbd>o</kbd>
      </Button>
      <Button className="mark-both" onPress={() => onMark(['in', 'out'])}>
        <Shape name="two" /> Both: one in, one out <kbd>b</kbd>
      </Button>
      <Button tone="quiet" onPress={onUndo}>
        <Shape name="back" /> Take the last back <kbd>u</kbd>
      </Button>
    </div>
  );
}
