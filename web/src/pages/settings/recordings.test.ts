import { describe, expect, it } from 'vitest';
import type { CameraRecordings, DiskRecordings } from '../../api/recordings';
import { daysText, modeText, outlookText, sizeText } from './recordings';

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [-5, '0 B'],
    [999, '999 B'],
    [999.7, '1.0 kB'],
    [1000, '1.0 kB'],
    [4_230_000_000, '4.2 GB'],
    [9_960_000, '10 MB'],
    [999_600_000, '1.0 GB'],
    [310_000_000_000, '310 GB'],
    [2e18, '2000 PB'],
  ])('of %s bytes is %s', (bytes, words) => {
    expect(sizeText(bytes)).toBe(words);
  });
});

describe('a number of days', () => {
  it.each([
    [0, 'less than an hour'],
    [0.75, '18 h'],
    [2, '2 days'],
    [2.6, '2.5 days'],
    [13.4, '13 days'],
  ])('%s is %s', (days, words) => {
    expect(daysText(days)).toBe(words);
  });
});

describe('an outlook and a way of recording', () => {
  const disk = (outlook: DiskRecordings['outlook'], days: number | null = null) =>
    outlookText({ outlook, days } as DiskRecordings);
  const mode = (more: Partial<CameraRecordings>) =>
    modeText({ mode: 'continuous', removed: false, blur_people: false, ...more } as CameraRecordings);

  it('are told in words', () => {
    expect(disk('in_days', 4)).toContain('about 4 days more');
    expect(disk('now')).toContain('go now');
    expect(disk('never')).toContain('before the disk is full');
    expect(disk('unknown')).toContain('ten minutes');
    expect([mode({}), mode({ mode: 'event' }), mode({ mode: 'off' })]).toEqual(['Always', 'Around events', 'Never']);
    expect(mode({ blur_people: true })).toContain('blurred');
    expect(mode({ removed: true, blur_people: true })).toBe('Removed');
  });
});
