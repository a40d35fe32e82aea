/** A scene as text in the shape of scene.yaml, to carry it between sites and files. */
import { t } from '@lingui/core/macro';
import type { Point } from '../../geometry/homography';
import { draftOf, type SceneDraft, toScene } from './sceneDraft';

const row = (points: readonly (readonly number[])[]) =>
  `[${points.map((point) => `[${point.join(', ')}]`).join(', ')}]`;

/** The text of a draft. */
export function toYaml(draft: SceneDraft, door: string): string {
  const scene = toScene(draft);
  const lines = [
    `door: ${JSON.stringify(door)}`,
    `size: [${scene.size.join(', ')}]`,
    `threshold: ${row(scene.threshold)}`,
    `inside: [${scene.inside.join(', ')}]`,
  ];
  if (scene.doorway) lines.push(`doorway: ${row(scene.doorway)}`);
  if (scene.floor) {
    const { corners, size_m, tile_m } = scene.floor;
    lines.push('floor:', `  corners: ${row(corners)}`, `  size_m: [${size_m.join(', ')}]`, `  tile_m: ${tile_m}`);
  }
  return `${lines.join('\n')}\n`;
}

const KEYS = ['door', 'size', 'threshold', 'inside', 'doorway', 'floor', 'corners', 'size_m', 'tile_m'];

/** The draft that a text describes. Throws an Error with one sentence when it describes none. */
export function fromYaml(text: string): SceneDraft {
  const found = text.trim().startsWith('{') ? fromJson(text) : fromLines(text);
  const size = numbers(found, 'size');
  const threshold = points(found, 'threshold', 2);
  const inside = numbers(found, 'inside');
  const floor = 'corners' in found || 'size_m' in found;
  const tile = found.tile_m ?? 0.5;
  if (typeof tile !== 'number') throw new Error(t`tile_m is not a number; write metres, such as 0.5.`);
  return draftOf({
    size,
    threshold: threshold as unknown as [Point, Point],
    inside,
    doorway: found.doorway ? points(found, 'doorway') : null,
    floor: floor ? { corners: points(found, 'corners', 4), size_m: numbers(found, 'size_m'), tile_m: tile } : null,
  });
}

type Found = Record<string, unknown>;

function fromJson(text: string): Found {
  try {
    const { floor, ...rest } = JSON.parse(text) as Found;
    return { ...rest, ...(floor as Found | null) };
  } catch {
    throw new Error(t`This starts like JSON but is none; copy the scene again from its first to its last bracket.`);
  }
}

/** What stands behind each key; a list may go on over several lines, and floor's keys are known by their names. */
function fromLines(text: string): Found {
  const texts = new Map<string, string>();
  let key = '';
  for (const line of text.split('\n').map((whole) => whole.replace(/(^|\s)#.*$/, '').trimEnd())) {
    const [, name, rest] = /^\s*([a-z_]+)\s*:(.*)$/.exec(line) ?? [];
    if (name !== undefined && !KEYS.includes(name)) {
      throw new Error(t`“${name}” is no key of a scene; known are ${KEYS.join(', ')}.`);
    }
    key = name ?? key;
    if (key) texts.set(key, `${texts.get(key) ?? ''} ${rest ?? line}`);
  }
  return Object.fromEntries(
    [...texts]
      .filter(([name]) => name !== 'door' && name !== 'floor')
      .map(([name, value]) => [name, readValue(name, value)]),
  );
}

function readValue(name: string, text: string): unknown {
  const trimmed = text.trim();
  // A list with a dash for each point is the same list in brackets.
  const flow = /^-\s*\[/.test(trimmed) ? `[${trimmed.replace(/^-\s*/, '').replace(/\]\s+-\s*\[/g, '],[')}]` : trimmed;
  if (flow === '' || flow === 'null' || flow === '~') return null;
  try {
    return JSON.parse(flow) as unknown;
  } catch {
    throw new Error(t`${name} cannot be read; write points as [x, y] and lists of them as [[x, y], [x, y]].`);
  }
}

const isPair = (value: unknown): value is Point =>
  Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'number' && Number.isFinite(one));

function numbers(found: Found, key: string): Point {
  const value = found[key];
  if (value === undefined || value === null)
    throw new Error(t`${key} is missing; write two numbers, such as [640, 360].`);
  if (!isPair(value)) throw new Error(t`${key} is not two numbers; write them as [640, 360].`);
  return value;
}

function points(found: Found, key: string, count?: number): Point[] {
  const value = found[key];
  if (!Array.isArray(value) || !value.every(isPair) || (count ? value.length !== count : value.length < 3)) {
    throw new Error(t`${key} needs ${count ?? t`at least three`} points; write them as [[x, y], [x, y]].`);
  }
  return value;
}
