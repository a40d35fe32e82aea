import { describe, expect, it } from 'vitest';
import {
  agoText,
  clockText,
  dayText,
  fromIso,
  fullText,
  SECOND,
  sameDay,
  withTimes,
  withZonedTimes,
  zoneText,
} from './time';

describe('reading', () => {
  it('keeps microseconds', () => {
    expect(fromIso('2026-01-31T12:34:56.789012Z') % SECOND).toBe(789_012);
    expect(fromIso('1970-01-01T00:00:01Z')).toBe(SECOND);
    expect(fromIso('1970-01-01T01:00:00.5+01:00')).toBe(SECOND / 2);
  });

  it('says so when a text is no time', () => {
    expect(fromIso('yesterday')).toBeNaN();
    expect(fromIso('2026-01-31T12:34:56')).toBeNaN();
  });
});

describe('showing', () => {
  const at = fromIso('2026-07-01T22:30:05.250000Z');

  it('uses the zone of the site', () => {
    expect(clockText(at, 'UTC')).toBe('22:30:05');
    expect(clockText(at, 'Europe/Berlin')).toBe('00:30:05');
    expect(dayText(at, 'UTC', at)).toBe('Wed 1 Jul');
    expect(dayText(at, 'Europe/Berlin', at)).toBe('Thu 2 Jul');
  });

  it('puts the times within a sentence as all others', () => {
    const told = 'Complete until 2026-07-01T22:12:53Z; not heard since 2026-06-30T10:00:00.5Z (door 2026-07)';
    expect(withTimes(told, 'Europe/Berlin', at)).toBe(
      'Complete until 00:12:53; not heard since Tue 30 Jun 12:00:00 (door 2026-07)',
    );
    expect(withTimes('nothing to see', 'UTC', at)).toBe('nothing to see');
  });

  it('names the zone of the times within a sentence where that is wanted', () => {
    const told = 'Nothing was heard of it since 2026-07-01T22:12:53Z; look.';
    expect(withZonedTimes(told, 'Europe/Lisbon', at)).toBe('Nothing was heard of it since 23:12:53 WEST; look.');
  });

  it('names a zone in short, as it is called at that time of the year', () => {
    expect(zoneText(fromIso('2026-01-15T12:00:00Z'), 'Europe/Lisbon')).toBe('WET');
    expect(zoneText(fromIso('2026-07-15T12:00:00Z'), 'UTC')).toBe('UTC');
  });

  it('names the year when it is another', () => {
    expect(dayText(at, 'UTC', fromIso('2027-01-01T00:00:00Z'))).toBe('Wed 1 Jul 2026');
  });

  it('knows which times share a day of the zone', () => {
    const later = fromIso('2026-07-02T01:00:00Z');
    expect(sameDay(at, later, 'UTC')).toBe(false);
    expect(sameDay(at, later, 'Europe/Berlin')).toBe(true);
  });

  it('tells zone and UTC on hover', () => {
    const text = fullText(at, 'America/New_York');
    expect(text).toContain('18:30:05.250');
    expect(text).toContain('America/New_York');
    expect(text).toContain('2026-07-01 22:30:05.250 UTC');
  });

  it.each([
    [1, 'now'],
    [59, '59 s ago'],
    [61, '1 min ago'],
    [7300, '2 h ago'],
    [200_000, '2 days ago'],
    [-30, 'now'],
  ])('says how long ago: %d s', (seconds, text) => {
    expect(agoText(at, at + seconds * SECOND)).toBe(text);
  });
});
