import { describe, expect, it } from 'vitest';
import type { Rate } from '../../api/reports';
import { percent, perHundred, rateLines, trendOf, waitWords } from './numbers';

const rate = (per_100_grants: number | null): Rate => ({ grants: 100, incidents: 1, per_100_grants });

describe('the figures of a report', () => {
  it('are dashes where nothing is known, and never a zero that was not counted', () => {
    expect([perHundred(rate(null)), percent(null), waitWords(null)]).toEqual(['–', '–', '–']);
    expect([perHundred(rate(0)), percent(0), waitWords(0)]).toEqual(['0.0', '0 %', '0 s']);
  });

  it('say how long a review took in the unit that people would use', () => {
    expect([45, 600, 9000, 300_000].map(waitWords)).toEqual(['45 s', '10 min', '2.5 h', '3 days']);
  });

  it('call a change one only when it is worth a look', () => {
    expect(trendOf(rate(10), rate(9.5))).toBe('same');
    expect(trendOf(rate(10), rate(5))).toBe('worse');
    expect(trendOf(rate(1), rate(5))).toBe('better');
    expect(trendOf(rate(null), rate(5))).toBeNull();
    expect(trendOf(rate(0), rate(0))).toBe('same');
  });
});

describe('the line of a chart', () => {
  it('has a gap at days without grants, and a stroke for a day between two', () => {
    expect(rateLines([rate(2), rate(1), rate(null), rate(0), rate(null)], 108)).toEqual([
      '10.00,8.0 30.00,58.0',
      '66.00,108.0 74.00,108.0',
    ]);
    expect(rateLines([rate(null)], 108)).toEqual([]);
  });
});
