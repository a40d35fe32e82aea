import { describe, expect, it } from 'vitest';
import { clockOff } from './health';

describe('how far a camera is off', () => {
  it('is not told of a camera whose stream tells no time', () => {
    expect(clockOff(null)).toBe('');
  });
  it('is no matter while it may be the delay of the network', () => {
    expect([clockOff(0), clockOff(120), clockOff(-400)]).toEqual(Array(3).fill('clock in step'));
  });
  it('is told in a unit that fits, with its direction', () => {
    expect(clockOff(1500)).toBe('clock 1.5 s behind');
    expect(clockOff(-42_000)).toBe('clock 42 s ahead');
    expect(clockOff(300_000)).toBe('clock 5.0 min behind');
    expect(clockOff(-3_600_000 * 12)).toBe('clock 12 h ahead');
  });
});
