import { describe, expect, it } from 'vitest';
import { SECOND } from '../time';
import { pieceAround } from './piece';

const LATER = 1_000_000 * SECOND;

describe('the piece that is made playable', () => {
  it('is the same for all moments of half a minute, and shows what is before and after them', () => {
    const piece = pieceAround(60 * SECOND, LATER);
    expect(piece).toEqual({ from: 50 * SECOND, until: 110 * SECOND });
    expect(pieceAround(89.9 * SECOND, LATER)).toEqual(piece);
    expect(pieceAround(90 * SECOND, LATER)).not.toEqual(piece);
  });

  it('ends before what is still being written', () => {
    expect(pieceAround(100 * SECOND, 105.4 * SECOND)).toEqual({ from: 80 * SECOND, until: 102 * SECOND });
    expect(pieceAround(60 * SECOND, 52 * SECOND).until).toBe(51 * SECOND);
  });
});
