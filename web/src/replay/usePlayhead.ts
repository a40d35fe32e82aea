/** The playhead in a component. */
import { useSyncExternalStore } from 'react';
import type { Playhead } from './playhead';

/** The same playhead, with the component drawn anew whenever it moves. */
export function usePlayhead(playhead: Playhead): Playhead {
  useSyncExternalStore(playhead.subscribe, playhead.snapshot);
  return playhead;
}
