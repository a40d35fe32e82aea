/** Which piece of a recording is made playable at once: the same for all moments of half a minute, so that clips are found again. */
import { type Micros, SECOND } from '../time';

/** Moments of so long share a piece. */
export const PIECE_STEP = 30 * SECOND;
const BEFORE = 10 * SECOND;
const AFTER = 20 * SECOND;
/** What is younger may not be written yet. */
const FRESH = 3 * SECOND;

export interface Piece {
  from: Micros;
  until: Micros;
}

/** The piece around a moment, in capture times; it ends before what is still being written. */
export function pieceAround(at: Micros, now: Micros): Piece {
  const begun = Math.floor(at / PIECE_STEP) * PIECE_STEP;
  const from = begun - BEFORE;
  const whole = begun + PIECE_STEP + AFTER;
  return {
    from,
    until: whole <= now - FRESH ? whole : Math.max(from + SECOND, Math.floor(now / SECOND) * SECOND - FRESH),
  };
}
