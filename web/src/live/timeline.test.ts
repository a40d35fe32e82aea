import { expect, it } from 'vitest';
import { steer } from './player';
import { Timeline } from './timeline';

it('tells the capture time of a media time', () => {
  const timeline = new Timeline();
  timeline.add(0, 1, 1_000_000_000);
  timeline.add(1, 2, 1_001_000_000);
  expect(timeline.utcAt(0.5)).toBe(1_000_500_000);
  expect(timeline.utcAt(1.25)).toBe(1_001_250_000);
});

it('follows a gap in the capture, which the media time does not have', () => {
  const timeline = new Timeline();
  timeline.add(0, 1, 1_000_000_000);
  timeline.add(1, 2, 1_060_000_000);
  expect(timeline.utcAt(0.99)).toBeLessThan(1_001_000_000);
  expect(timeline.utcAt(1)).toBe(1_060_000_000);
});

it('knows nothing before its first piece, and passes over an empty one', () => {
  const timeline = new Timeline();
  expect(timeline.utcAt(0)).toBeNull();
  timeline.add(3, 3, 5);
  expect(timeline.utcAt(3)).toBeNull();
  timeline.add(3, 4, 9_000_000);
  expect(timeline.utcAt(2)).toBeNull();
});

it('forgets what was removed', () => {
  const timeline = new Timeline();
  timeline.add(0, 1, 1_000_000);
  timeline.add(1, 2, 2_000_000);
  timeline.dropBefore(1);
  expect(timeline.utcAt(0.5)).toBeNull();
  expect(timeline.utcAt(1.5)).toBe(2_500_000);
  timeline.clear();
  expect(timeline.utcAt(1.5)).toBeNull();
});

it.each([
  ['in its place', 1.6, { rate: 1 }],
  ['a little late', 2.6, { rate: 1.08 }],
  ['nearly out of video', 0.1, { rate: 0.92 }],
  ['far behind, as after a pause', 9, { rate: 1, jumpTo: 2 }],
])('steers a player that is %s', (_name, lag, expected) => {
  expect(steer(lag, 1)).toEqual(expected);
});
