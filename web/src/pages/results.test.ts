import { describe, expect, it } from 'vitest';
import type { Moment } from '../api/types';
import { withNewest, withoutChip } from './results';

const moment = (moment_id: string, at: string, title = '') => ({ moment_id, at, title }) as Moment;
const ids = (moments: Moment[]) => moments.map((one) => one.moment_id).join('');

describe('results', () => {
  it('a chip is taken out by its place, and no other word that is spelled so', () => {
    expect(withoutChip('lobby NOT lobby east today', { start: 6, end: 20 })).toBe('lobby today');
  });

  it('what has come goes where its time belongs, and what is known takes the newer word', () => {
    const shown = withNewest(
      [moment('c', '2026-01-03'), moment('a', '2026-01-01')],
      [moment('d', '2026-01-04'), moment('c', '2026-01-03', 'seen'), moment('b', '2026-01-02')],
      false,
    );
    expect(ids(shown)).toBe('dcba');
    expect(shown[1]?.title).toBe('seen');
  });

  it('what is older than all that is shown waits for its page, unless all is shown', () => {
    const old = [moment('z', '2025-01-01')];
    expect(ids(withNewest([moment('a', '2026-01-01')], old, false))).toBe('a');
    expect(ids(withNewest([moment('a', '2026-01-01')], old, true))).toBe('az');
    expect(ids(withNewest([], old, true))).toBe('z');
  });
});
