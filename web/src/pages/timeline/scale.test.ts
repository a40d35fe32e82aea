import { describe, expect, it } from 'vitest';
import { fromLocal, SECOND, toLocal } from '../../time';
import { around, asked, following, lengthWords, moved, ticks, zoomed } from './scale';

const AT = 1_795_478_400 * SECOND;
const MINUTE = 60 * SECOND;

describe('the strip of time', () => {
  it('keeps the moment under the pointer while it is zoomed', () => {
    const view = around(AT, 10 * MINUTE);
    const pointer = AT + 3 * MINUTE;
    const closer = zoomed(view, 0.5, pointer);
    expect(closer.until - closer.from).toBe(5 * MINUTE);
    expect((pointer - closer.from) / (5 * MINUTE)).toBeCloseTo(0.8);
  });

  it('is never shorter than seconds nor longer than days', () => {
    expect(lengthWords(zoomed(around(AT, MINUTE), 1e-9, AT))).toBe('5 s');
    expect(lengthWords(zoomed(around(AT, MINUTE), 1e9, AT))).toBe('96 h');
  });

  it('goes on only when the playhead leaves it', () => {
    const view = around(AT, 10 * MINUTE);
    expect(following(view, AT)).toBe(view);
    const next = following(view, view.until);
    expect(next.from).toBeLessThan(view.until);
    expect(next.until - next.from).toBe(10 * MINUTE);
    expect(following(view, view.from - 1).from).toBe(view.from - 1 - 5 * MINUTE);
  });

  it('asks for nothing new when it is moved a little', () => {
    const view = { from: AT + 100 * SECOND, until: AT + 200 * SECOND };
    expect(asked(moved(view, 0.1))).toEqual(asked(view));
    expect(asked(view).from).toBeLessThanOrEqual(view.from);
    expect(asked(view).until).toBeGreaterThanOrEqual(view.until);
  });

  it('has ticks that are far enough apart to be read', () => {
    for (const length of [5 * SECOND, MINUTE, 60 * MINUTE, 96 * 60 * MINUTE]) {
      const found = ticks(around(AT, length), 900);
      expect(found.length).toBeGreaterThan(1);
      expect(found.length).toBeLessThanOrEqual(11);
    }
  });
});

describe('a time that is typed', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Los_Angeles', 'Asia/Kathmandu'])('is that of clocks in %s', (zone) => {
    const typed = toLocal(AT, zone);
    expect(typed).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(fromLocal(typed, zone)).toBe(AT);
  });
  it('is right on the day on which clocks change', () => {
    expect(toLocal(fromLocal('2026-03-29T04:30:00', 'Europe/Berlin'), 'Europe/Berlin')).toBe('2026-03-29T04:30:00');
  });
  it('is nothing when it is no time', () => expect(fromLocal('soon', 'UTC')).toBeNaN());
});
