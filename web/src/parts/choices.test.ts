import { describe, expect, it } from 'vitest';
import { offered } from './choices';

const names = (text: string) =>
  offered(
    [
      { id: 'a', name: 'Lobby east', also: 'guid-a' },
      { id: 'b', name: 'Lobby west', also: 'guid-b' },
      { id: 'c', name: 'West gate' },
    ],
    text,
  ).choices.map((one) => one.name);

describe('a drop-down', () => {
  it('offers what begins with the text first, then what holds it', () => {
    expect(names('')).toEqual(['Lobby east', 'Lobby west', 'West gate']);
    expect(names('WEST')).toEqual(['West gate', 'Lobby west']);
    expect(names('nothing')).toEqual([]);
  });

  it('finds a choice by its other name', () => {
    expect(names('guid-b')).toEqual(['Lobby west']);
  });

  it('says how many more there are than it shows', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => ({
      id: `${n}`,
      name: n % 2 ? `Door ${n}` : `Back door ${n}`,
    }));
    const { choices, more } = offered(many, 'door');
    expect([choices.length, more, choices[0]?.name]).toEqual([60, 9940, 'Door 1']);
  });
});
