/** The mapping between two planes that takes four points to four others: picture to floor and back. */
export type Point = readonly [number, number];

type Matrix = readonly number[];

function apply(matrix: Matrix, [x, y]: Point): Point {
  const [a, b, c, d, e, f, g, h, i] = matrix as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const scale = g * x + h * y + i || 1e-12;
  return [(a * x + b * y + c) / scale, (d * x + e * y + f) / scale];
}

/** Solves a square system by elimination with pivoting; null when it has no single solution. */
function solve(rows: number[][]): number[] | null {
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    }
    const lead = rows[pivot];
    if (!lead || Math.abs(lead[column] ?? 0) < 1e-9) return null;
    rows[pivot] = rows[column] as number[];
    const head = lead.map((value) => value / (lead[column] as number));
    rows[column] = head;
    for (let other = 0; other < size; other += 1) {
      const factor = rows[other]?.[column] ?? 0;
      if (other === column || factor === 0) continue;
      rows[other] = (rows[other] as number[]).map((value, k) => value - factor * (head[k] as number));
    }
  }
  return rows.map((row) => row[size] as number);
}

/** A function from the plane of `source` to the plane of `target`; null when three corners lie on one line. */
export function homography(source: readonly Point[], target: readonly Point[]): ((point: Point) => Point) | null {
  if (source.length !== 4 || target.length !== 4) return null;
  const rows: number[][] = [];
  for (const [index, [x, y]] of source.entries()) {
    const [u, v] = target[index] as Point;
    rows.push([x, y, 1, 0, 0, 0, -u * x, -u * y, u], [0, 0, 0, x, y, 1, -v * x, -v * y, v]);
  }
  const solved = solve(rows);
  if (!solved) return null;
  const matrix = [...solved, 1];
  return (point) => apply(matrix, point);
}
