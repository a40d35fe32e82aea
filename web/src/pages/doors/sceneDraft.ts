/** A scene while it is being drawn: what can be moved, what is proposed, and the way back. */
import { t } from '@lingui/core/macro';
import type { Scene } from '../../api/types';
import { makeFloor } from '../../geometry/floor';
import type { Point } from '../../geometry/homography';

export interface FloorDraft {
  /** Four pixels in order round a rectangle on the floor, the first two along the threshold. */
  corners: readonly Point[];
  /** Metres as they were typed: half a number is not yet an error that may be thrown away. */
  width: string;
  depth: string;
  tile: string;
}

export interface SceneDraft {
  /** Width and height of the picture that all points are pixels of. */
  size: readonly [number, number];
  threshold: readonly [Point, Point];
  inside: Point;
  doorway: readonly Point[] | null;
  floor: FloorDraft | null;
  /** What is still as it was proposed, and is proposed anew when the threshold moves. */
  follows: { doorway: boolean; floor: boolean };
}

export type Part = 'threshold' | 'inside' | 'doorway' | 'floor';

/** Something to take hold of. */
export interface Handle {
  id: string;
  part: Part;
  index: number;
  at: Point;
  name: string;
}

export type Box = readonly [left: number, top: number, right: number, bottom: number];

const FLOOR_WORDS = [t`1, at the threshold`, t`2, at the threshold`, t`3, in the room`, t`4, in the room`];
const same = (a: Point, b: Point) => a[0] === b[0] && a[1] === b[1];
const rounded = ([x, y]: Point): Point => [Math.round(x), Math.round(y)];
const middle = ([a, b]: readonly [Point, Point]): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

/** Metres as typed, with a point or a comma; NaN when it is no number. */
export function metres(text: string): number {
  const plain = text.trim().replace(',', '.');
  return /^\d*\.?\d+$|^\d+\.$/.test(plain) ? Number(plain) : Number.NaN;
}

/** The draft of a stored scene. */
export function draftOf(scene: Omit<Scene, 'door' | 'door_id'>): SceneDraft {
  const { floor } = scene;
  return {
    size: scene.size,
    threshold: scene.threshold,
    inside: scene.inside,
    doorway: scene.doorway?.length ? scene.doorway : null,
    floor: floor
      ? {
          corners: floor.corners,
          width: String(floor.size_m[0]),
          depth: String(floor.size_m[1]),
          tile: String(floor.tile_m ?? 0.5),
        }
      : null,
    follows: { doorway: false, floor: false },
  };
}

/** Something to begin with in a picture of a size: a door in the middle that is entered towards the camera. */
export function startingDraft(size: readonly [number, number]): SceneDraft {
  const [width, height] = size;
  const start: SceneDraft = {
    size,
    threshold: [rounded([width * 0.42, height * 0.45]), rounded([width * 0.58, height * 0.45])],
    inside: rounded([width * 0.5, height * 0.62]),
    doorway: null,
    floor: null,
    follows: { doorway: true, floor: true },
  };
  return withDoorway(withFloor(start));
}

/** The scene as the server takes it and as scene.yaml has it, without the door's name. */
export function toScene(draft: SceneDraft) {
  const list = ([x, y]: Point) => [x, y];
  return {
    size: [...draft.size],
    threshold: draft.threshold.map(list),
    inside: list(draft.inside),
    ...(draft.doorway ? { doorway: draft.doorway.map(list) } : {}),
    ...(draft.floor
      ? {
          floor: {
            corners: draft.floor.corners.map(list),
            size_m: [metres(draft.floor.width), metres(draft.floor.depth)],
            tile_m: metres(draft.floor.tile),
          },
        }
      : {}),
  };
}

/** Whether two drafts would be stored as the same scene. */
export const sameScene = (a: SceneDraft, b: SceneDraft) => JSON.stringify(toScene(a)) === JSON.stringify(toScene(b));

/** A direction at right angles to the threshold, of length 1, towards the outside. */
function outwards({ threshold, inside }: SceneDraft): Point {
  const [a, b] = threshold;
  const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  const normal: Point = [-(b[1] - a[1]) / length, (b[0] - a[0]) / length];
  const side = (inside[0] - a[0]) * normal[0] + (inside[1] - a[1]) * normal[1];
  return side > 0 ? [-normal[0], -normal[1]] : normal;
}

/** The draft with a doorway proposed from the threshold: the floor just beyond it. */
export function withDoorway(draft: SceneDraft): SceneDraft {
  const [a, b] = draft.threshold;
  const deep = Math.hypot(b[0] - a[0], b[1] - a[1]) * 0.5;
  const [dx, dy] = outwards(draft);
  const [mx, my] = middle(draft.threshold);
  // What is farther away looks smaller: up in the picture the sides run together a little.
  const narrow = dy < 0 ? 0.92 : 1;
  const far = ([x, y]: Point): Point =>
    rounded(within([mx + (x - mx) * narrow + dx * deep, my + (y - my) * narrow + dy * deep], pictureBox(draft)));
  return { ...draft, doorway: [a, b, far(b), far(a)], follows: { ...draft.follows, doorway: true } };
}

/** The draft with a floor proposed from the threshold: a rectangle that lies inside along it, sizes kept. */
export function withFloor(draft: SceneDraft): SceneDraft {
  const [a, b] = draft.threshold;
  const [mx, my] = middle(draft.threshold);
  const [ox, oy] = outwards(draft);
  const away = Math.max(8, Math.hypot(draft.inside[0] - mx, draft.inside[1] - my)) * 1.9;
  const spread = oy < 0 ? 1.45 : 0.75;
  const corner = ([x, y]: Point, wide: number, deep: number): Point =>
    rounded([mx + (x - mx) * wide - ox * deep, my + (y - my) * wide - oy * deep]);
  const shape = (scale: number) => [
    corner(a, 1 + 0.5 * scale, 0),
    corner(b, 1 + 0.5 * scale, 0),
    corner(b, (1 + 0.5 * scale) * spread, away * scale),
    corner(a, (1 + 0.5 * scale) * spread, away * scale),
  ];
  const fits = (corners: readonly Point[]) => corners.every((point) => same(point, within(point, pictureBox(draft))));
  const scales = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
  const corners = shape(scales.find((scale) => fits(shape(scale))) ?? 0.3);
  const kept = draft.floor ?? { width: '1.5', depth: '2', tile: '0.5' };
  return { ...draft, floor: { ...kept, corners }, follows: { ...draft.follows, floor: true } };
}

/** Everything that can be moved, in the order of the Tab key. A doorway corner on a threshold's end moves with it. */
export function handlesOf(draft: SceneDraft): Handle[] {
  const [first, second] = draft.threshold;
  const found: Handle[] = [
    { id: 't0', part: 'threshold', index: 0, at: first, name: t`Threshold, first end` },
    { id: 't1', part: 'threshold', index: 1, at: second, name: t`Threshold, second end` },
    { id: 'in', part: 'inside', index: 0, at: draft.inside, name: t`Inside` },
  ];
  for (const [index, at] of (draft.doorway ?? []).entries()) {
    if (same(at, first) || same(at, second)) continue;
    found.push({ id: `d${index}`, part: 'doorway', index, at, name: t`Doorway, corner ${index + 1}` });
  }
  for (const [index, at] of (draft.floor?.corners ?? []).entries()) {
    found.push({ id: `f${index}`, part: 'floor', index, at, name: t`Floor, corner ${FLOOR_WORDS[index] ?? ''}` });
  }
  return found;
}

/** The handle next to a point; of two in the same place the first. */
export function nearest(handles: readonly Handle[], [x, y]: Point): Handle {
  const far = ({ at }: Handle) => Math.hypot(at[0] - x, at[1] - y);
  return handles.reduce((best, handle) => (far(handle) < far(best) ? handle : best));
}

const pictureBox = (draft: SceneDraft): Box => [0, 0, draft.size[0], draft.size[1]];

const within = ([x, y]: Point, [left, top, right, bottom]: Box): Point => [
  Math.min(right, Math.max(left, x)),
  Math.min(bottom, Math.max(top, y)),
];

/** What is shown round the picture: room for corners that lie beyond its edge. */
export function viewOf(draft: SceneDraft): Box {
  const [width, height] = draft.size;
  const margin = Math.round(Math.max(width, height) * 0.04);
  const points = [...(draft.doorway ?? []), ...(draft.floor?.corners ?? [])];
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [
    Math.min(0, ...xs) - margin,
    Math.min(0, ...ys) - margin,
    Math.max(width, ...xs) + margin,
    Math.max(height, ...ys) + margin,
  ];
}

const replaced = (points: readonly Point[], index: number, to: Point): Point[] =>
  points.map((point, i) => (i === index ? to : point));

/** The draft after a handle was moved: whole pixels, threshold and inside in the picture, the rest in `view`. */
export function moved(draft: SceneDraft, handle: Pick<Handle, 'part' | 'index'>, to: Point, view: Box): SceneDraft {
  const inPicture = handle.part === 'threshold' || handle.part === 'inside';
  const at = rounded(within(to, inPicture ? pictureBox(draft) : view));
  switch (handle.part) {
    case 'doorway':
      return {
        ...draft,
        doorway: replaced(draft.doorway ?? [], handle.index, at),
        follows: { ...draft.follows, doorway: false },
      };
    case 'floor':
      if (!draft.floor) return draft;
      return {
        ...draft,
        floor: { ...draft.floor, corners: replaced(draft.floor.corners, handle.index, at) },
        follows: { ...draft.follows, floor: false },
      };
    case 'inside':
      return proposedAnew({ ...draft, inside: at });
    case 'threshold': {
      const former = draft.threshold[handle.index] as Point;
      const threshold = replaced(draft.threshold, handle.index, at) as [Point, Point];
      const doorway = draft.doorway?.map((point) => (same(point, former) ? at : point)) ?? null;
      return proposedAnew({ ...draft, threshold, doorway });
    }
  }
}

function proposedAnew(draft: SceneDraft): SceneDraft {
  const floored = draft.floor && draft.follows.floor ? withFloor(draft) : draft;
  return floored.doorway && floored.follows.doorway ? withDoorway(floored) : floored;
}

/** The draft on a picture of another size, everything stretched with it. */
export function stretched(draft: SceneDraft, size: readonly [number, number]): SceneDraft {
  const [fx, fy] = [size[0] / draft.size[0], size[1] / draft.size[1]];
  const to = ([x, y]: Point): Point => rounded([x * fx, y * fy]);
  return {
    ...draft,
    size,
    threshold: [to(draft.threshold[0]), to(draft.threshold[1])],
    inside: to(draft.inside),
    doorway: draft.doorway?.map(to) ?? null,
    floor: draft.floor && { ...draft.floor, corners: draft.floor.corners.map(to) },
  };
}

/** Whether a picture has the shape of the one on which a scene was drawn; its resolution may differ. */
export function sameShape([w, h]: readonly [number, number], [width, height]: readonly [number, number]): boolean {
  return Math.abs((w / h) * (height / width) - 1) < 0.02;
}

/** More tiles than this are neither drawn nor of use: a tile is where a foot stands. */
export const MOST_TILES = 2500;

/** The grid of the draft's floor; null while there is none to draw. */
export function gridOf({ floor }: SceneDraft) {
  if (!floor) return null;
  const [width, depth, tile] = [metres(floor.width), metres(floor.depth), metres(floor.tile)];
  if (!(width > 0 && depth > 0 && tile >= 0.1) || (width / tile) * (depth / tile) > MOST_TILES) return null;
  return makeFloor({ corners: floor.corners, size_m: [width, depth], tile_m: tile });
}

/** What was drawn before, what is drawn now, and what was undone. */
export interface History {
  past: readonly SceneDraft[];
  now: SceneDraft;
  future: readonly SceneDraft[];
  /** Changes of one gesture follow each other with the same name and are undone together. */
  gesture: string | null;
}

export const begun = (now: SceneDraft): History => ({ past: [], now, future: [], gesture: null });

const STEPS = 200;

/** A further change. */
export function changed(history: History, now: SceneDraft, gesture: string | null = null): History {
  if (now === history.now) return history;
  if (gesture !== null && gesture === history.gesture) return { ...history, now, future: [] };
  return { past: [...history.past, history.now].slice(-STEPS), now, future: [], gesture };
}

/** Back to before the last gesture. */
export function undone(history: History): History {
  const now = history.past.at(-1);
  if (!now) return history;
  return { past: history.past.slice(0, -1), now, future: [history.now, ...history.future], gesture: null };
}

/** The last gesture that was undone, again. */
export function redone(history: History): History {
  const [now, ...future] = history.future;
  return now ? { past: [...history.past, history.now], now, future, gesture: null } : history;
}
