import { describe, expect, it } from 'vitest';
import { centre, type FloorShape, makeFloor } from './floor';
import type { Point } from './homography';

// The lobby door of the demo clip: 2 x 2.5 m of floor seen from above and from the side.
const LOBBY: FloorShape = {
  corners: [
    [301.5, 182.3],
    [423.9, 217.3],
    [336.6, 351.9],
    [178.3, 272.9],
  ],
  size_m: [2, 2.5],
  tile_m: 0.5,
};

describe('the floor grid', () => {
  const floor = makeFloor(LOBBY);
  if (!floor) throw new Error('the lobby has a floor');

  it('has as many tiles as fit into the rectangle', () => {
    expect([floor.columns, floor.rows, floor.tiles.length]).toEqual([4, 5, 20]);
  });

  it('takes the corners of the picture to the corners of the floor and back', () => {
    const metres: Point[] = [
      [0, 0],
      [2, 0],
      [2, 2.5],
      [0, 2.5],
    ];
    for (const [index, corner] of LOBBY.corners.entries()) {
      const [x, y] = floor.toFloor(corner);
      expect(x).toBeCloseTo(metres[index]?.[0] ?? Number.NaN, 6);
      expect(y).toBeCloseTo(metres[index]?.[1] ?? Number.NaN, 6);
      const [u, v] = floor.toPixel(metres[index] ?? [0, 0]);
      expect(u).toBeCloseTo(corner[0], 6);
      expect(v).toBeCloseTo(corner[1], 6);
    }
  });

  it('finds every tile under its own middle', () => {
    for (const tile of floor.tiles) {
      const middle = floor.toPixel([(tile.column + 0.5) * 0.5, (tile.row + 0.5) * 0.5]);
      expect(floor.tileAt(middle)).toEqual([tile.column, tile.row]);
    }
  });

  it('knows that a far tile looks smaller than a near one', () => {
    const area = (corners: readonly Point[]) =>
      Math.abs(
        corners.reduce((sum, [x, y], i) => {
          const [a, b] = corners[(i + 1) % corners.length] as Point;
          return sum + x * b - a * y;
        }, 0),
      ) / 2;
    const at = (column: number, row: number) => floor.tiles[row * 4 + column]?.corners ?? [];
    expect(area(at(0, 4))).toBeGreaterThan(area(at(0, 0)) * 1.3);
  });

  it('says that a point beside the grid is on no tile', () => {
    expect(floor.tileAt([10, 10])).toBeNull();
    expect(floor.tileAt([630, 350])).toBeNull();
  });

  it('shares edges between neighbours', () => {
    const [first, second] = floor.tiles;
    expect(first?.corners[1]).toEqual(second?.corners[0]);
  });
});

describe('a floor that is none', () => {
  it('is refused when three corners lie on one line', () => {
    const corners: Point[] = [
      [0, 0],
      [10, 10],
      [20, 20],
      [0, 30],
    ];
    expect(makeFloor({ ...LOBBY, corners })).toBeNull();
  });

  it('is refused when a corner is missing', () => {
    expect(makeFloor({ ...LOBBY, corners: LOBBY.corners.slice(0, 3) })).toBeNull();
  });

  it('has at least one tile when the tile is larger than the floor', () => {
    const floor = makeFloor({ ...LOBBY, tile_m: 5 });
    expect([floor?.columns, floor?.rows]).toEqual([1, 1]);
  });
});

it('finds the middle of a polygon', () => {
  expect(
    centre([
      [0, 0],
      [4, 0],
      [4, 2],
      [0, 2],
    ]),
  ).toEqual([2, 1]);
});
