import { describe, expect, it, vi } from 'vitest';
import { SECOND } from '../time';
import { pictureTimes } from './fragments';
import { Playhead } from './playhead';
import { gapsIn, spanAt, withSpan } from './spans';

function box(kind: string, ...parts: Uint8Array[]): Uint8Array {
  const size = 8 + parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(size);
  new DataView(whole.buffer).setUint32(0, size);
  whole.set(new TextEncoder().encode(kind), 4);
  let at = 8;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function fragment(decoded: number, samples: [duration: number, offset: number][]): Uint8Array {
  const tfdt = new DataView(new ArrayBuffer(12));
  tfdt.setUint32(0, 1 << 24);
  tfdt.setBigUint64(4, BigInt(decoded));
  const trun = new DataView(new ArrayBuffer(12 + 16 * samples.length));
  trun.setUint32(4, samples.length);
  for (const [index, [duration, offset]] of samples.entries()) {
    trun.setUint32(12 + 16 * index, duration);
    trun.setInt32(12 + 16 * index + 12, offset);
  }
  const bytes = (view: DataView) => new Uint8Array(view.buffer);
  return box('moof', box('traf', box('tfdt', bytes(tfdt)), box('trun', bytes(trun))));
}

describe('the pictures of a piece of video', () => {
  const start = 1_795_478_400_123_457;

  it('have the capture times that their fragments tell, in the order in which they are shown', () => {
    const piece = fragment(start, [
      [40_000, 40_000],
      [40_000, 80_000],
      [40_000, -40_000],
    ]);
    const bytes = box('ftyp', piece);
    expect(pictureTimes(piece)).toEqual([start + 40_000, start + 40_000, start + 120_000]);
    expect(pictureTimes(bytes)).toEqual([]);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a box that is cut short', fragment(start, [[1, 0]]).subarray(0, 30)],
    ['a box that is shorter than its head', new Uint8Array([0, 0, 0, 3, 1, 1, 1, 1, 9])],
  ])('are none in %s', (_name, bytes) => {
    expect(pictureTimes(bytes)).toEqual([]);
  });

  it('are no more than there is room for, whatever their number says', () => {
    const piece = fragment(start, [[40_000, 0]]);
    const count = [...piece].findIndex((_, index) => String.fromCharCode(...piece.slice(index, index + 4)) === 'trun');
    new DataView(piece.buffer).setUint32(count + 8, 4_000_000_000);
    expect(pictureTimes(piece)).toEqual([start]);
  });
});

describe('pieces of time', () => {
  it('that touch become one, and stay in order', () => {
    expect(
      withSpan(
        [
          [1, 3],
          [9, 12],
        ],
        [3, 9],
      ),
    ).toEqual([[1, 12]]);
    expect(withSpan([[5, 6]], [1, 2])).toEqual([
      [1, 2],
      [5, 6],
    ]);
  });
  it('hold their beginning and not their end', () => {
    expect(spanAt([[1, 3]], 1)).toEqual([1, 3]);
    expect(spanAt([[1, 3]], 3)).toBeNull();
  });
  it('leave gaps, of which short ones are passed over', () => {
    expect(
      gapsIn(
        [
          [2, 4],
          [5, 9],
        ],
        [0, 12],
      ),
    ).toEqual([
      [0, 2],
      [4, 5],
      [9, 12],
    ]);
    expect(
      gapsIn(
        [
          [2, 4],
          [5, 9],
        ],
        [0, 12],
        1,
      ),
    ).toEqual([
      [0, 2],
      [9, 12],
    ]);
    expect(gapsIn([], [3, 7])).toEqual([[3, 7]]);
  });
});

describe('the playhead', () => {
  it('never goes into the future', () => {
    const playhead = new Playhead(5 * SECOND, () => 10 * SECOND);
    playhead.go(20 * SECOND);
    expect(playhead.at).toBe(10 * SECOND);
  });

  it('moves with the clock times its speed, and stands while somebody waits for video', () => {
    vi.useFakeTimers();
    let now = 1000 * SECOND;
    const pass = (seconds: number) => {
      now += seconds * SECOND;
      vi.advanceTimersByTime(100);
    };
    const playhead = new Playhead(100 * SECOND, () => now);
    playhead.change(1);
    playhead.play();
    pass(1);
    expect(playhead.at).toBe(102 * SECOND);
    playhead.hold('camera', true);
    pass(1);
    expect(playhead.at).toBe(102 * SECOND);
    playhead.hold('camera', false);
    pass(1);
    expect(playhead.at).toBe(104 * SECOND);
    playhead.pause();
    pass(1);
    expect(playhead.at).toBe(104 * SECOND);
    vi.useRealTimers();
  });

  it('has a slowest and a fastest speed', () => {
    const playhead = new Playhead(0);
    for (let turn = 0; turn < 20; turn += 1) playhead.change(-1);
    expect(playhead.rate).toBe(0.1);
    for (let turn = 0; turn < 20; turn += 1) playhead.change(1);
    expect(playhead.rate).toBe(8);
  });
});
