import { describe, expect, it } from 'vitest';
import type { Point } from '../../geometry/homography';
import { isConvex, problemsOf } from './sceneCheck';
import {
  begun,
  changed,
  draftOf,
  gridOf,
  handlesOf,
  metres,
  moved,
  nearest,
  redone,
  type SceneDraft,
  sameScene,
  sameShape,
  startingDraft,
  stretched,
  toScene,
  undone,
  viewOf,
  withDoorway,
  withFloor,
} from './sceneDraft';
import { fromYaml, toYaml } from './sceneYaml';

const LOBBY: SceneDraft = draftOf({
  size: [640, 360],
  threshold: [
    [320, 188],
    [400, 210],
  ],
  inside: [316, 240],
  doorway: [
    [320, 188],
    [400, 210],
    [406, 162],
    [320, 143],
  ],
  floor: {
    corners: [
      [302, 182],
      [424, 217],
      [337, 352],
      [178, 273],
    ],
    size_m: [2, 2.5],
    tile_m: 0.5,
  },
});

const SIZES: [number, number][] = [
  [640, 360],
  [1920, 1080],
  [704, 576],
  [360, 640],
  [64, 48],
];

const take = (draft: SceneDraft, id: string) => {
  const handle = handlesOf(draft).find((one) => one.id === id);
  if (!handle) throw new Error(`no handle ${id}`);
  return handle;
};
const move = (draft: SceneDraft, id: string, to: Point) => moved(draft, take(draft, id), to, viewOf(draft));

describe('a starting draft', () => {
  it.each(SIZES)('can be saved as it is on a picture of %i x %i', (width, height) => {
    const draft = startingDraft([width, height]);
    expect(problemsOf(draft)).toEqual({});
    expect(gridOf(draft)?.tiles.length).toBeGreaterThan(4);
    for (const [x, y] of [...(draft.doorway ?? []), ...(draft.floor?.corners ?? [])]) {
      expect(x >= 0 && x <= width && y >= 0 && y <= height).toBe(true);
    }
  });

  it('moves its proposals with the threshold until they are taken in hand', () => {
    const start = startingDraft([640, 360]);
    const there = move(move(start, 't0', [100, 200]), 't1', [180, 200]);
    expect(there.doorway?.slice(0, 2)).toEqual(there.threshold);
    expect(there.floor?.corners).not.toEqual(start.floor?.corners);
    expect(problemsOf(move(there, 'in', [140, 260]))).toEqual({});
    const own = move(there, 'f2', [200, 300]);
    expect(move(own, 't1', [190, 210]).floor).toEqual(own.floor);
  });

  it('proposes the doorway on the side that is not inside, whichever way the threshold runs', () => {
    for (const inside of [
      [320, 300],
      [320, 60],
    ] as Point[]) {
      for (const threshold of [
        [
          [280, 180],
          [360, 180],
        ],
        [
          [360, 180],
          [280, 180],
        ],
      ] as [Point, Point][]) {
        const draft = withDoorway({ ...LOBBY, threshold, inside });
        const far = draft.doorway?.[2] as Point;
        expect(Math.sign(far[1] - 180)).toBe(-Math.sign(inside[1] - 180));
        expect(isConvex(draft.doorway ?? [])).toBe(true);
      }
    }
  });

  it('keeps the measures of a floor that is proposed anew', () => {
    const floor = withFloor({ ...LOBBY, floor: LOBBY.floor && { ...LOBBY.floor, width: '3,2' } }).floor;
    expect(floor?.width).toBe('3,2');
    expect(floor?.corners).not.toEqual(LOBBY.floor?.corners);
  });
});

describe('a handle', () => {
  it('stands at every point but those that move with the threshold', () => {
    expect(handlesOf(LOBBY).map((handle) => handle.id)).toEqual(['t0', 't1', 'in', 'd2', 'd3', 'f0', 'f1', 'f2', 'f3']);
    expect(handlesOf({ ...LOBBY, doorway: null, floor: null })).toHaveLength(3);
  });

  it('takes the doorway along that ends at the threshold', () => {
    const draft = move(LOBBY, 't1', [410, 214]);
    expect(draft.threshold[1]).toEqual([410, 214]);
    expect(draft.doorway?.[1]).toEqual([410, 214]);
    expect(draft.doorway?.[2]).toEqual([406, 162]);
  });

  it('stays on whole pixels and where it belongs', () => {
    expect(move(LOBBY, 'in', [-50, 1000]).inside).toEqual([0, 360]);
    expect(move(LOBBY, 'in', [100.4, 99.6]).inside).toEqual([100, 100]);
    const [left, top] = viewOf(LOBBY);
    expect(move(LOBBY, 'f0', [-5000, -5000]).floor?.corners[0]).toEqual([left, top]);
    expect(left).toBeLessThan(0);
  });

  it('is the nearest one to the finger, also among neighbours', () => {
    expect(nearest(handlesOf(LOBBY), [405, 209]).id).toBe('t1');
    expect(nearest(handlesOf(LOBBY), [419, 216]).id).toBe('f1');
    expect(nearest(handlesOf(LOBBY), [0, 360]).id).toBe('f3');
  });

  it('is in sight even when a stored corner lies far beyond the picture', () => {
    const far = { ...LOBBY, doorway: [[320, 188] as Point, [400, 210] as Point, [420, -80] as Point] };
    expect(viewOf(far)[1]).toBeLessThan(-80);
  });
});

describe('the way back', () => {
  it('undoes a gesture as one, and does it again', () => {
    const first = begun(LOBBY);
    const one = move(LOBBY, 'in', [300, 250]);
    const two = move(one, 'in', [290, 260]);
    const three = move(two, 't0', [310, 190]);
    const after = changed(changed(changed(first, one, 'drag 1'), two, 'drag 1'), three, 'keys t0');
    expect(after.past).toHaveLength(2);
    expect(undone(after).now).toBe(two);
    expect(undone(undone(after)).now).toBe(LOBBY);
    expect(undone(undone(undone(after))).now).toBe(LOBBY);
    expect(redone(redone(undone(undone(after)))).now).toBe(three);
  });

  it('forgets what was undone when something else is done', () => {
    const one = move(LOBBY, 'in', [300, 250]);
    const back = undone(changed(begun(LOBBY), one, 'drag 1'));
    const other = changed(back, move(LOBBY, 'in', [200, 250]), 'drag 1');
    expect(redone(other)).toBe(other);
    expect(undone(other).now).toBe(LOBBY);
  });

  it('counts no change that changed nothing', () => {
    const start = begun(LOBBY);
    expect(changed(start, LOBBY)).toBe(start);
    expect(sameScene(LOBBY, move(LOBBY, 'in', [316, 240]))).toBe(true);
    expect(sameScene(LOBBY, move(LOBBY, 'in', [317, 240]))).toBe(false);
  });
});

describe('before saving it is said', () => {
  const floor = (change: object) => problemsOf({ ...LOBBY, floor: LOBBY.floor && { ...LOBBY.floor, ...change } });

  it('nothing of a good scene', () => expect(problemsOf(LOBBY)).toEqual({}));

  it('that the threshold is too short', () => {
    const short: [Point, Point] = [
      [320, 188],
      [322, 190],
    ];
    expect(problemsOf({ ...LOBBY, threshold: short }).threshold).toContain('too short');
  });

  it('that inside lies on the threshold, also on its prolongation', () => {
    expect(problemsOf({ ...LOBBY, inside: [360, 199] }).inside).toContain('on the line of the threshold');
    expect(problemsOf({ ...LOBBY, inside: [240, 166] }).inside).toContain('on the line of the threshold');
  });

  it('that a point lies outside of the picture', () => {
    expect(problemsOf({ ...LOBBY, inside: [900, 100] }).inside).toContain('outside of the picture');
    expect(problemsOf(stretched(LOBBY, [640, 360]))).toEqual({});
    expect(problemsOf({ ...LOBBY, size: [300, 200] }).threshold).toContain('outside of the picture');
  });

  it('that the corners go round no rectangle', () => {
    const [a, b, c, d] = (LOBBY.floor?.corners ?? []) as [Point, Point, Point, Point];
    expect(floor({ corners: [a, c, b, d] }).corners).toContain('do not go round');
    expect(floor({ corners: [a, b, c, [360, 240]] }).corners).toContain('do not go round');
    expect(
      floor({
        corners: [
          [10, 10],
          [12, 10],
          [12, 12],
          [10, 12],
        ],
      }).corners,
    ).toContain('too close together');
  });

  it('that the doorway has no area', () => {
    const flat: Point[] = [
      [10, 10],
      [20, 20],
      [30, 30],
    ];
    expect(problemsOf({ ...LOBBY, doorway: flat }).doorway).toContain('no area');
  });

  it('that measures are none', () => {
    expect(floor({ width: '' }).size).toContain('metres');
    expect(floor({ depth: '0' }).size).toContain('metres');
    expect(floor({ width: '101' }).size).toContain('metres');
    expect(floor({ tile: '0.05' }).tile).toContain('0.1');
    expect(floor({ tile: '3' }).tile).toContain('no larger');
    expect(floor({ width: '90', depth: '90', tile: '0.1' }).tile).toContain('larger ones');
    expect(gridOf({ ...LOBBY, floor: LOBBY.floor && { ...LOBBY.floor, width: '90', depth: '90', tile: '0.1' } })).toBe(
      null,
    );
  });

  it('metres with a point or a comma', () => {
    expect(['2', '2.5', '2,5', ' .5 ', '2.'].map(metres)).toEqual([2, 2.5, 2.5, 0.5, 2]);
    for (const text of ['', '.', '2m', '-1', '1e3', '1.2.3']) expect(metres(text)).toBeNaN();
  });
});

describe('a picture of another size', () => {
  it('takes the scene along', () => {
    const twice = stretched(LOBBY, [1280, 720]);
    expect(twice.threshold[1]).toEqual([800, 420]);
    expect(problemsOf(twice)).toEqual({});
    expect(sameScene(stretched(twice, [640, 360]), LOBBY)).toBe(true);
  });

  it('needs that only when its shape is another', () => {
    expect(sameShape([640, 360], [1920, 1080])).toBe(true);
    expect(sameShape([640, 360], [640, 480])).toBe(false);
  });
});

describe('the scene as text', () => {
  it('goes to scene.yaml and back', () => {
    for (const draft of [LOBBY, { ...LOBBY, doorway: null, floor: null }, startingDraft([704, 576])]) {
      expect(sameScene(fromYaml(toYaml(draft, 'Lobby "east"')), draft)).toBe(true);
    }
  });

  it('is read with comments, lists of dashes and lists over several lines', () => {
    const text = `
# drawn by hand
door: lobby-east            # the door's device_id
size: [640, 360]
threshold:
  - [320, 188]
  - [400, 210]
inside: [316, 240]
floor:
  corners: [[302, 182], [424, 217],
            [337, 352], [178, 273]]
  size_m: [2.0, 2.5]
`;
    expect(sameScene(fromYaml(text), { ...LOBBY, doorway: null })).toBe(true);
  });

  it('is read as JSON, too', () => {
    expect(sameScene(fromYaml(JSON.stringify({ door: 'x', ...toScene(LOBBY) })), LOBBY)).toBe(true);
  });

  it.each([
    ['size: [640, 360]\ninside: [1, 2]', 'threshold needs 2 points'],
    ['threshold: [[1, 2], [3, 4]]', 'size is missing'],
    ['size: [640]\n', 'size is not two numbers'],
    ['colour: red', '“colour” is no key'],
    ['size: 640 x 360', 'size cannot be read'],
    ['{"size": ', 'starts like JSON'],
    [
      'size: [64, 36]\nthreshold: [[1, 2], [30, 2]]\ninside: [9, 9]\nfloor:\n  size_m: [1, 1]',
      'corners needs 4 points',
    ],
  ])('says of %j what it lacks', (text, words) => {
    expect(() => fromYaml(text)).toThrow(words);
  });
});
