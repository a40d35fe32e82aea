import { expect, test } from 'vitest';
import { makeFloor } from '../../geometry/floor';
import { TRACK_LASTS, type Track, tilesUnder, walkedOn } from './sceneTracks';

const at = (track: string, x: number, y: number) => ({ track, foot: [x, y] as const });

test('feet are put behind each other, by person', () => {
  let tracks: readonly Track[] = [];
  tracks = walkedOn(tracks, [at('a', 1, 1), at('b', 9, 9)], 0);
  tracks = walkedOn(tracks, [at('a', 2, 2)], 100);
  expect(tracks.map((track) => [track.id, track.feet.length])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});

test('who stands still makes no longer way, but is still there', () => {
  const once = walkedOn([], [at('a', 1, 1)], 0);
  const still = walkedOn(once, [at('a', 1, 1)], TRACK_LASTS - 1);
  expect(still[0]?.feet).toHaveLength(1);
  expect(walkedOn(still, [], TRACK_LASTS + 1)).toHaveLength(1);
});

test('a way goes some time after its person', () => {
  const tracks = walkedOn([], [at('a', 1, 1)], 0);
  expect(walkedOn(tracks, [], TRACK_LASTS - 1)).toBe(tracks);
  expect(walkedOn(tracks, [], TRACK_LASTS)).toEqual([]);
});

test('of a crowd the newest ways stay', () => {
  const crowd = Array.from({ length: 30 }, (_, n) => n);
  const tracks = crowd.reduce<readonly Track[]>((now, n) => walkedOn(now, [at(String(n), n, n)], n), []);
  expect(tracks).toHaveLength(12);
  expect(tracks[0]?.id).toBe('29');
});

test('the tile under somebody is that of the floor as it is drawn just now', () => {
  const corners = [
    [0, 0],
    [200, 0],
    [200, 100],
    [0, 100],
  ] as const;
  const floor = makeFloor({ corners, size_m: [2, 1], tile_m: 0.5 });
  expect([...tilesUnder(floor, [at('a', 160, 20), at('b', 500, 20)])]).toEqual(['3,0']);
  expect([...tilesUnder(null, [at('a', 160, 20)])]).toEqual([]);
});
