import { describe, expect, it } from 'vitest';
import { SECOND } from '../time';
import type { PeopleFrame } from './frames';
import { CLIP_TIMES, describePainting, markOf, Trails } from './trails';

const T0 = 1_795_478_400 * SECOND;
const at = (seconds: number) => T0 + Math.round(seconds * SECOND);

function people(seconds: number, ...who: [track: string, column: number, row: number][]): PeopleFrame {
  return {
    kind: 'people',
    camera_id: 'c',
    at_us: at(seconds),
    people: who.map(([track, column, row]) => ({
      track,
      door_id: 'd',
      box: [0, 0, 10, 30],
      foot: [5, 30],
      tile: [column, row],
    })),
  };
}

/** Two people walk in, one behind the other: a tile each second. */
function twoWalk(trails = new Trails()): Trails {
  for (let s = 0; s <= 4; s += 0.25) {
    const row = Math.floor(s);
    trails.see(people(s, ['a', 1, row], ...(s >= 1 ? [['b', 2, row - 1] as [string, number, number]] : [])));
  }
  return trails;
}

const crossing = (track: string, seconds: number, outcome: string) => ({
  crossing_id: `x-${track}`,
  door_id: 'd',
  track,
  at_us: at(seconds),
  outcome,
});

const tiles = (trails: Trails, seconds: number) => Object.fromEntries(trails.at(at(seconds)).tiles.get('d') ?? []);

describe('before the rule has spoken', () => {
  it('only the tile under a person is painted, neutrally', () => {
    expect(tiles(twoWalk(), 0.5)).toEqual({ '1,0': 'neutral' });
  });

  it('nothing of the future is shown, though it is known', () => {
    expect(tiles(twoWalk(), 0.2)).toEqual({ '1,0': 'neutral' });
  });

  it('nothing stays when the person has gone', () => {
    expect(tiles(twoWalk(), 5)).toEqual({});
  });
});

describe('once it has', () => {
  it('the whole trail is green for who was admitted and red for who was not', () => {
    const trails = twoWalk();
    trails.judge(crossing('a', 1, 'admitted'));
    trails.judge(crossing('b', 2, 'excess'));
    expect(tiles(trails, 2.1)).toEqual({
      '1,0': 'admitted',
      '1,1': 'admitted',
      '1,2': 'admitted',
      '2,0': 'excess',
      '2,1': 'excess',
    });
    expect(describePainting(trails.at(at(2.1)))).toBe('excess 2, admitted 3');
  });

  it('a person is not painted before the picture shows the crossing', () => {
    const trails = twoWalk();
    trails.judge(crossing('b', 2, 'excess'));
    expect(tiles(trails, 1.6)['2,0']).toBe('neutral');
    expect(tiles(trails, 2)['2,0']).toBe('excess');
  });

  it('each judged trail has one end, which carries its shape', () => {
    const trails = twoWalk();
    trails.judge(crossing('a', 1, 'admitted'));
    trails.judge(crossing('b', 2, 'excess'));
    expect(trails.at(at(2.1)).heads).toEqual([
      { door: 'd', column: 1, row: 2, mark: 'admitted' },
      { door: 'd', column: 2, row: 1, mark: 'excess' },
    ]);
  });

  it('the people carry their mark too', () => {
    const trails = twoWalk();
    trails.judge(crossing('b', 2, 'excess'));
    const marks = trails.at(at(2.5)).people.map((person) => [person.track, person.mark]);
    expect(marks).toEqual([
      ['a', 'neutral'],
      ['b', 'excess'],
    ]);
  });

  it('a verdict that changes repaints the same crossing', () => {
    const trails = twoWalk();
    trails.judge(crossing('b', 2, 'excess'));
    trails.judge(crossing('b', 2, 'admitted'));
    expect(tiles(trails, 2.5)['2,0']).toBe('admitted');
  });

  it('the trail stays some seconds after its person has left, then goes', () => {
    const trails = twoWalk();
    trails.judge(crossing('b', 2, 'excess'));
    expect(tiles(trails, 9)['2,0']).toBe('excess');
    expect(tiles(trails, 10.2)).toEqual({});
  });

  it('red wins where two trails share a tile', () => {
    const trails = new Trails();
    trails.see(people(0, ['a', 1, 1], ['b', 1, 1]));
    trails.judge(crossing('a', 0, 'excess'));
    trails.judge(crossing('b', 0, 'admitted'));
    expect(tiles(trails, 0.1)).toEqual({ '1,1': 'excess' });
  });

  it('somebody who stays inside for long is an ordinary person again', () => {
    const trails = new Trails();
    for (let s = 0; s <= 40; s += 0.25) trails.see(people(s, ['a', 1, 1]));
    trails.judge(crossing('a', 1, 'admitted'));
    expect(tiles(trails, 10)).toEqual({ '1,1': 'admitted' });
    expect(tiles(trails, 30)).toEqual({ '1,1': 'neutral' });
  });
});

describe('a clip', () => {
  it('paints from the stored trails alone and keeps all of them', () => {
    const trails = new Trails(CLIP_TIMES);
    trails.judge({
      ...crossing('b', 1, 'excess'),
      trail: [
        [at(0.5), 2, 0],
        [at(1.5), 2, 1],
        [at(2.5), 3, 2],
      ],
    });
    expect(tiles(trails, 0.6)).toEqual({ '2,0': 'neutral' });
    expect(tiles(trails, 1.6)).toEqual({ '2,0': 'excess', '2,1': 'excess' });
    expect(tiles(trails, 60)).toEqual({ '2,0': 'excess', '2,1': 'excess', '3,2': 'excess' });
  });
});

describe('the memory is bounded', () => {
  it('who left before the given moment is forgotten', () => {
    const trails = twoWalk();
    trails.judge(crossing('b', 2, 'excess'));
    trails.forget(at(20));
    expect(trails.at(at(3)).people).toEqual([]);
    expect(tiles(trails, 3)).toEqual({});
  });

  it('a person who stands still keeps the tile under the feet', () => {
    const trails = new Trails();
    for (let s = 0; s <= 60; s += 0.5) trails.see(people(s, ['a', 3, 3]));
    trails.forget(at(30));
    expect(tiles(trails, 60)).toEqual({ '3,3': 'neutral' });
  });
});

it('paints ways back and ways out neutrally', () => {
  expect(['turned_back', 'uncontrolled', null, 'something new'].map(markOf)).toEqual(Array(4).fill('neutral'));
});
