import { describe, expect, it } from 'vitest';
import type { Run } from './commissionApi';
import { courseOf, OUTCOME_LOOK, percent, pieceAt, recordedSpan, tally } from './commissionWords';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 31, 12, 0, seconds)).toISOString();
const run: Pick<Run, 'marks' | 'counted'> = {
  marks: [
    { mark_id: 'm1', at: at(1), direction: 'in', state: 'found', crossing_id: 'c1' },
    { mark_id: 'm2', at: at(5), direction: 'out', state: 'missed', crossing_id: null },
    { mark_id: 'm3', at: at(9), direction: 'in', state: 'waiting', crossing_id: null },
  ],
  counted: [
    { crossing_id: 'c1', at: at(2), direction: 'in', state: 'found' },
    { crossing_id: 'c2', at: at(6), direction: 'in', state: 'extra' },
  ],
};

describe('the course of a run', () => {
  it('has a line for each walk and for each crossing that nobody noted, newest first', () => {
    expect(courseOf(run).map((step) => [step.key, step.outcome])).toEqual([
      ['m3', 'waiting'],
      ['c2', 'extra'],
      ['m2', 'missed'],
      ['m1', 'found'],
    ]);
  });

  it('lets only marks be taken back', () => {
    expect(courseOf(run).map((step) => step.markId)).toEqual(['m3', null, 'm2', 'm1']);
  });

  it('is the same whatever order the server lists things in', () => {
    const turned = { marks: run.marks.toReversed(), counted: run.counted.toReversed() };
    expect(courseOf(turned)).toEqual(courseOf(run));
  });

  it('says every outcome in its own words', () => {
    expect(new Set(Object.values(OUTCOME_LOOK).map((look) => look.word)).size).toBe(5);
  });
});

it('people are tallied by hand and by count, each way', () => {
  expect(tally(run)).toEqual({ noted: { in: 2, out: 1 }, counted: { in: 2, out: 0 } });
});

it('a rate is told to a tenth of a percent, and that there is none', () => {
  expect([percent(0.975), percent(1), percent(null), percent(undefined)]).toEqual([
    '97.5 %',
    '100.0 %',
    'no walk',
    'no walk',
  ]);
});

describe('a piece of video', () => {
  const since = 1_000_000;
  const until = since + 150_000;
  it('is the minute in which a time lies', () => {
    expect(pieceAt(since, until, since)).toEqual([since, since + 60_000]);
    expect(pieceAt(since, until, since + 60_000)).toEqual([since + 60_000, since + 120_000]);
  });
  it('ends where the run ends', () => expect(pieceAt(since, until, until - 1)[1]).toBe(until));
  it('never leaves the run', () => {
    expect(pieceAt(since, until, 0)).toEqual([since, since + 60_000]);
    expect(pieceAt(since, until, until + 9)[1]).toBe(until);
  });
});

describe('the time of a run on recorded video', () => {
  const now = Date.UTC(2026, 6, 1, 12) * 1000;
  it("is on the site's clock, wherever the browser is", () =>
    expect(recordedSpan('2026-07-01T09:00', '2026-07-01T10:00', 'Europe/Lisbon', now)).toEqual({
      since: '2026-07-01T08:00:00.000Z',
      until: '2026-07-01T09:00:00.000Z',
    }));
  it('ends a second ago at the latest', () =>
    expect(recordedSpan('2026-07-01T12:30', '2026-07-01T23:00', 'Europe/Lisbon', now)?.until).toBe(
      '2026-07-01T11:59:59.000Z',
    ));
  it('is none when it ends before it begins, or a field is empty', () => {
    expect(recordedSpan('2026-07-01T10:00', '2026-07-01T09:00', 'UTC', now)).toBeNull();
    expect(recordedSpan('', '2026-07-01T09:00', 'UTC', now)).toBeNull();
  });
});
