import { describe, expect, it } from 'vitest';
import { proposedZone, zonesWith } from './zones';

describe('time zones', () => {
  it('offer UTC and the one that holds, each once', () => {
    const zones = zonesWith('Europe/Vienna');
    expect(zones.filter((zone) => zone === 'UTC')).toHaveLength(1);
    expect(zones.filter((zone) => zone === 'Europe/Vienna')).toHaveLength(1);
    expect(zonesWith('Asia/Kolkata')).toContain('Asia/Kolkata');
  });

  it('propose what was set for the site before what the browser says', () => {
    expect(proposedZone('Asia/Tokyo')).toBe('Asia/Tokyo');
    expect(proposedZone('UTC')).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  });
});
