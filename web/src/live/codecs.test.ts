import { describe, expect, it } from 'vitest';
import { canPlay, codecName } from './codecs';

describe('codecs', () => {
  it.each([
    ['hvc1.1.6.L93.90', 'HEVC'],
    ['hev1.1.6.L93', 'HEVC'],
    ['avc1.640028', 'H.264'],
    ['mp4v.20.9', 'mp4v.20.9'],
  ])('%s is called %s', (codec, name) => {
    expect(codecName(codec)).toBe(name);
  });

  it('are not played where there is no MediaSource', () => {
    expect(canPlay('avc1.640028')).toBe(false);
  });
});
