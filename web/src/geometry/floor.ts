/** The floor in a camera's picture and the grid of tiles on it, in pixels of the scene's size. */
import { homography, type Point } from './homography';

export interface FloorShape {
  /** Four pixels in order round a rectangle on the floor; the first edge lies at the threshold. */
  corners: readonly Point[];
  /** Width along the first edge and depth away from it, in metres. */
  size_m: readonly [number, number];
  tile_m: number;
}

export interface Tile {
  column: number;
  row: number;
  /** The tile's four corners in pixels, in order round it. */
  corners: readonly Point[];
}

export interface Floor {
  columns: number;
  rows: number;
  tiles: readonly Tile[];
  toPixel(metres: Point): Point;
  toFloor(pixel: Point): Point;
  /** The tile under a pixel; null outside of the grid. */
  tileAt(pixel: Point): readonly [number, number] | null;
}

export const tileKey = (column: number, row: number): string => `${column},${row}`;

/** The floor of a scene; null when its corners do not span a plane. */
export function makeFloor(shape: FloorShape): Floor | null {
  const [width, depth] = shape.size_m;
  const side = shape.tile_m;
  const metres: Point[] = [
    [0, 0],
    [width, 0],
    [width, depth],
    [0, depth],
  ];
  const toPixel = homography(metres, shape.corners);
  const toFloor = homography(shape.corners, metres);
  if (!toPixel || !toFloor) return null;
  const columns = Math.max(1, Math.round(width / side));
  const rows = Math.max(1, Math.round(depth / side));
  const tiles: Tile[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = [column * side, row * side];
      const corners: Point[] = [
        [x, y],
        [x + side, y],
        [x + side, y + side],
        [x, y + side],
      ];
      tiles.push({ column, row, corners: corners.map(toPixel) });
    }
  }
  return {
    columns,
    rows,
    tiles,
    toPixel,
    toFloor,
    tileAt(pixel) {
      const [x, y] = toFloor(pixel);
      const [column, row] = [Math.floor(x / side), Math.floor(y / side)];
      return column >= 0 && column < columns && row >= 0 && row < rows ? [column, row] : null;
    },
  };
}

/** The middle of a polygon's corners. */
export function centre(corners: readonly Point[]): Point {
  const count = corners.length || 1;
  const sum = corners.reduce<[number, number]>(([x, y], [a, b]) => [x + a, y + b], [0, 0]);
  return [sum[0] / count, sum[1] / count];
}
