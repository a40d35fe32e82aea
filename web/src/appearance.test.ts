import { describe, expect, it } from 'vitest';
import { dwellWords, seenWords } from './appearance';

describe('how somebody looked', () => {
  it.each([
    [{}, ''],
    [{ upper: null, lower: null, dwell_s: null }, ''],
    [{ upper: 'red', lower: 'blue' }, 'in red over blue'],
    [{ upper: 'red', lower: 'red' }, 'in red'],
    [{ upper: 'red', lower: null }, 'in red'],
    [{ upper: null, lower: 'blue' }, 'blue below the waist'],
    [{ upper: 'red', lower: 'blue', dwell_s: 12.9 }, 'in red over blue, seen for 12 s'],
    [{ dwell_s: 0.4 }, 'seen for 0 s'],
    [{ upper: 'octarine' }, 'in octarine'],
    [{ carried: [] }, ''],
    [
      { upper: 'red', carried: ['backpack', 'suitcase'], dwell_s: 3 },
      'in red, with a backpack, with a suitcase, seen for 3 s',
    ],
    [{ carried: ['umbrella'] }, 'with: umbrella'],
  ])('of %j it says %j', (seen, words) => {
    expect(seenWords(seen)).toBe(words);
  });

  it('tells minutes from seconds', () => {
    expect(dwellWords(59.99)).toBe('59 s');
    expect(dwellWords(125)).toBe('2 min 5 s');
  });
});
