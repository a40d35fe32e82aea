/** What is wrong with a scene that is being drawn, beside the field that it is about: the rules of the server. */
import { t } from '@lingui/core/macro';
import type { Point } from '../../geometry/homography';
import { MOST_TILES, metres, type SceneDraft } from './sceneDraft';

export interface Problems {
  threshold?: string;
  inside?: string;
  doorway?: string;
  corners?: string;
  size?: string;
  tile?: string;
}

const cross = (a: Point, b: Point, c: Point) => (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);

/** Area of a polygon, whichever way round it is given. */
export function area(corners: readonly Point[]): number {
  const twice = corners.reduce((sum, [x, y], index) => {
    const [a, b] = corners.at(index - 1) as Point;
    return sum + a * y - x * b;
  }, 0);
  return Math.abs(twice) / 2;
}

/** Whether a polygon turns the same way at every corner. */
export function isConvex(corners: readonly Point[]): boolean {
  const turns = corners.map((corner, index) =>
    cross(corners.at(index - 1) as Point, corner, corners[(index + 1) % corners.length] as Point),
  );
  return turns.every((turn) => turn > 1e-9) || turns.every((turn) => turn < -1e-9);
}

const outside = (points: readonly Point[], [width, height]: readonly [number, number], slack: number) =>
  points.some(([x, y]) => !(x >= -slack && x <= width + slack && y >= -slack && y <= height + slack));

/** One sentence for each field that keeps the scene from being saved; empty when nothing does. */
export function problemsOf(draft: SceneDraft): Problems {
  const { size, threshold, inside, doorway } = draft;
  const found: Problems = {};
  const [a, b] = threshold;
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
  if (outside(threshold, size, 1))
    found.threshold = t`The threshold lies outside of the picture; move its ends into it.`;
  else if (length < 4) found.threshold = t`The threshold is too short; draw it across the whole doorway.`;
  if (outside([inside], size, 1)) found.inside = t`The inside point lies outside of the picture; move it into it.`;
  else if (length >= 4 && Math.abs(cross(a, b, inside)) / length < 1) {
    found.inside = t`The inside point lies on the line of the threshold; move it well into the room.`;
  }
  if (doorway) {
    if (outside(doorway, size, 0.25 * Math.max(...size))) {
      found.doorway = t`The doorway reaches too far out of the picture; bring its corners nearer.`;
    } else if (doorway.length < 3 || area(doorway) < 16) {
      found.doorway = t`The doorway has no area; pull its corners apart or switch it off.`;
    }
  }
  return { ...found, ...floorProblems(draft) };
}

function floorProblems({ floor }: SceneDraft): Problems {
  if (!floor) return {};
  const found: Problems = {};
  const triangles = floor.corners.map((left) => floor.corners.filter((corner) => corner !== left));
  if (floor.corners.length !== 4 || !isConvex(floor.corners)) {
    found.corners = t`The floor's corners do not go round a rectangle: its edges cross, or three corners lie on one line; pull them apart.`;
  } else if (Math.min(...triangles.map(area)) < 16) {
    found.corners = t`The floor's corners are too close together; pull them apart.`;
  }
  const [width, depth, tile] = [metres(floor.width), metres(floor.depth), metres(floor.tile)];
  if (!(width > 0 && depth > 0 && width <= 100 && depth <= 100)) {
    found.size = t`Width and depth are metres above 0 and up to 100, such as 2.5.`;
  } else if (!(tile >= 0.1 && tile <= Math.max(width, depth))) {
    found.tile = t`A tile is 0.1 metres or more and no larger than the floor; 0.5 suits most doors.`;
  } else if ((width / tile) * (depth / tile) > MOST_TILES) {
    found.tile = t`That makes more than ${MOST_TILES} tiles; choose larger ones.`;
  }
  return found;
}
