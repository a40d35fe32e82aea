import { describe, expect, it } from 'vitest';
import type { AlertSettings } from '../api/alerts';
import type { Camera, Door, DoorWeek, Incident, IncidentDetail, IncidentRevision, Moment } from '../api/types';
import { complete, searchPath } from '../shell/query';
import { fromIso } from '../time';
import { countWords, kindLook, momentLook, outcomeLook, plain } from '../words';
import { cameraHealth } from './doors/health';
import { mappingOf, withMapping } from './doors/mapping';
import { courseOf } from './incident/course';
import { changesOf, factsOf } from './incident/explanation';
import { cameraOf, marksOf } from './incident/marks';
import { withKept } from './kept';
import { byWeek, falseAlarms, perThousand, sumOf } from './reports/figures';
import { byDay } from './results';
import { addressesIn, draftOf, inputOf, rangeOf, sameDraft } from './settings/mail/draft';
import { uncertainOf } from './uncertain';
import { columnsOf, pageOf, wallOf } from './wall';

describe('the search box', () => {
  it('completes the whole text, or else the word that is being typed', () => {
    expect(complete('tail', 'tailgating today')).toBe('tailgating today');
    expect(complete('tailgating lob', 'Lobby east')).toBe('tailgating Lobby east');
    expect(complete('', 'today')).toBe('today');
  });

  it('has an address that keeps every character', () => {
    expect(searchPath(' a & b ')).toBe('/search?q=a%20%26%20b');
    expect(searchPath('  ')).toBe('/search');
  });
});

describe('results', () => {
  it('are put under the days of the site', () => {
    const at = (text: string) => ({ moment_id: text, at: text }) as Moment;
    const moments = ['2026-07-02T01:00:00Z', '2026-07-01T23:00:00Z', '2026-07-01T10:00:00Z'].map(at);
    expect(byDay(moments, 'UTC').map((day) => day.moments.length)).toEqual([1, 2]);
    expect(byDay(moments, 'Europe/Berlin').map((day) => day.moments.length)).toEqual([2, 1]);
    expect(byDay([], 'UTC')).toEqual([]);
  });
});

describe('words, shapes and colours', () => {
  it('are different for each kind, in form as well as in colour', () => {
    const kinds = ['tailgating', 'unauthorized_entry', 'entry_after_refusal', 'possible_tailgating'].map(kindLook);
    expect(new Set(kinds.map((look) => look.shape)).size).toBe(4);
    expect(new Set(kinds.map((look) => look.tone)).size).toBe(4);
  });

  it('are different for each outcome, in form as well as in colour', () => {
    const looks = ['admitted', 'excess', 'possible', 'unlocked', 'not_observable'].map(outcomeLook);
    expect(looks.map((look) => look.shape)).toEqual(['tick', 'cross', 'question', 'openLock', 'slash']);
    expect(new Set(looks.map((look) => look.tone)).size).toBe(5);
  });

  it('turn names into plain words', () => {
    expect(plain('DoorOpenWhileLockSecure')).toBe('Door open while lock secure');
    expect(plain('some_new_kind')).toBe('Some new kind');
    expect(kindLook('some_new_kind').word).toBe('Some new kind');
    expect(countWords(1, 0)).toBe('1 person, 0 grants');
    expect(countWords(2, 1)).toBe('2 people, 1 grant');
  });

  it.each([
    [{ kind: 'access_event', event_type: 'AccessGranted' }, 'card', 'granted'],
    [{ kind: 'access_event', event_type: 'AccessRefused' }, 'refused', 'refused'],
    [{ kind: 'access_event', event_type: 'DoorManuallyUnlocked' }, 'openLock', 'unlocked'],
    [{ kind: 'access_event', event_type: 'DoorForcedOpen' }, 'door', 'possible'],
    [{ kind: 'access_event', event_type: 'DoorClose' }, 'door', 'soft'],
    [{ kind: 'crossing', outcome: 'excess', direction: 'in' }, 'cross', 'excess'],
    [{ kind: 'crossing', outcome: 'uncontrolled', direction: 'out' }, 'out', 'soft'],
    [{ kind: 'crossing', outcome: null, direction: 'in' }, 'in', 'soft'],
    [{ kind: 'crossing', outcome: 'turned_back', direction: 'in' }, 'back', 'neutral'],
    [
      { kind: 'incident', labels: ['tailgating', 'unauthorized access'], title: 'Unauthorized entry' },
      'stranger',
      'intruder',
    ],
    [{ kind: 'incident', labels: ['possible tailgating'], title: 'x' }, 'question', 'possible'],
    [{ kind: 'health' }, 'pulse', 'not_observable'],
  ])('are given to a moment: %o', (fields, shape, tone) => {
    expect(momentLook({ labels: [], title: '', ...fields } as unknown as Moment)).toMatchObject({ shape, tone });
  });
});

describe('the queue', () => {
  it('keeps in place what was reviewed just now', () => {
    const incident = (id: string, start: string, review = 'new') => ({ incident_id: id, start, review }) as Incident;
    const kept = new Map([['b', incident('b', '2', 'dismissed')]]);
    const shown = withKept([incident('c', '3'), incident('a', '1')], kept);
    expect(shown.map((one) => `${one.incident_id} ${one.review}`)).toEqual(['c new', 'b dismissed', 'a new']);
    expect(withKept([incident('b', '2', 'confirmed')], kept).map((one) => one.review)).toEqual(['confirmed']);
  });
});

const INCIDENT = {
  cameras: [{ camera_id: 'other', name: 'Other' }],
  crossings: [
    {
      crossing_id: 'x1',
      camera_id: 'c',
      at: '2026-01-01T00:00:05Z',
      direction: 'in',
      outcome: 'admitted',
      grant_id: 'g',
    },
    {
      crossing_id: 'x2',
      camera_id: 'c',
      at: '2026-01-01T00:00:06.5Z',
      direction: 'in',
      outcome: 'excess',
      grant_id: null,
    },
    {
      crossing_id: 'x3',
      camera_id: 'd',
      at: '2026-01-01T00:00:07Z',
      direction: 'out',
      outcome: 'uncontrolled',
      grant_id: null,
    },
  ],
  grants_used: [
    { event_id: 'g', at: '2026-01-01T00:00:02Z', actor_name: 'Ben Rivera', event_type: 'AccessGranted' },
    { event_id: 'h', at: '2025-12-31T23:59:00Z', actor_name: null, event_type: 'AccessGranted' },
  ],
} as unknown as IncidentDetail;

describe('an incident', () => {
  it('tells its course in order, with who let whom in', () => {
    const steps = courseOf(INCIDENT);
    expect(steps.map((step) => step.id)).toEqual(['h', 'g', 'x1', 'x2', 'x3']);
    expect(steps[0]?.title).toBe('Somebody without a name');
    expect(steps[2]?.detail).toBe('Admitted by Ben Rivera');
    expect(steps[3]?.detail).toBe('Without a grant');
    expect(steps[4]?.title).toBe('One person went out');
    expect(steps[3]?.after).toBeCloseTo(66.5);
  });

  it('is shown by the camera that saw the person without a grant', () => {
    expect(cameraOf(INCIDENT)).toBe('c');
    expect(cameraOf({ ...INCIDENT, crossings: [] })).toBe('other');
    expect(cameraOf({ ...INCIDENT, crossings: [], cameras: [] })).toBeNull();
  });

  it('marks in the clip what that camera saw within it', () => {
    const marks = marksOf(INCIDENT, 'c', fromIso('2026-01-01T00:00:00Z'), 10);
    expect(marks.map((mark) => [mark.id, mark.second])).toEqual([
      ['g', 2],
      ['x1', 5],
      ['x2', 6.5],
    ]);
    expect(marksOf(INCIDENT, null, fromIso('2026-01-01T00:00:00Z'), 6).map((mark) => mark.id)).toEqual(['g', 'x1']);
  });
});

describe('doors and cameras', () => {
  const door = { door_id: 'd', cameras: [{ camera_id: 'a', name: 'A' }] } as Door;

  it('keep a change apart until it is saved, and know when it is none', () => {
    const changed = withMapping(new Map(), door, ['a', 'b']);
    expect(mappingOf(door, changed)).toEqual(['a', 'b']);
    expect(withMapping(changed, door, ['a']).size).toBe(0);
    expect(mappingOf(door, withMapping(changed, door, []))).toEqual([]);
    expect(mappingOf(door, new Map())).toEqual(['a']);
  });

  const camera = (fields: object) =>
    ({ enabled: true, doors: [], status: { code: 200 }, ...fields }) as unknown as Camera;

  it('stand on the wall with those first that see a door, without those that are off', () => {
    const cameras = [
      camera({ camera_id: '1' }),
      camera({ camera_id: '2', doors: [door] }),
      camera({ camera_id: '3', enabled: false }),
    ];
    expect(wallOf(cameras).map((one) => one.camera_id)).toEqual(['2', '1']);
  });

  it('are shown sixteen at a time at most, in as many columns as rows, page by page', () => {
    const many = Array.from({ length: 20 }, (_, index) => index);
    expect(pageOf(many, 0, 0)).toMatchObject({ page: 0, pages: 2, shown: many.slice(0, 16) });
    expect(pageOf(many, 9, 7)).toMatchObject({ page: 2, pages: 3, shown: [18, 19] });
    expect(pageOf([], 4, 0)).toMatchObject({ page: 0, pages: 1, shown: [] });
    expect([columnsOf(0, 1), columnsOf(0, 3), columnsOf(0, 7), columnsOf(0, 99), columnsOf(9, 2)]).toEqual([
      1, 2, 3, 4, 3,
    ]);
  });

  it.each([
    [{ status: { code: 200 } }, 'online'],
    [{ status: { code: 100 } }, 'starting'],
    [{ status: { code: 401 } }, 'password refused'],
    [{ status: { code: 404 } }, 'not found'],
    [{ status: { code: 408 } }, 'no answer'],
    [{ status: { code: 500 } }, 'not working'],
    [{ enabled: false }, 'switched off'],
  ])('say in a word how they are: %o', (fields, word) => {
    expect(cameraHealth(camera(fields)).word).toBe(word);
  });
});

describe('settings', () => {
  it('read addresses however they are separated', () => {
    expect(addressesIn(' a@b.c, d@e.f;\n a@b.c ')).toEqual(['a@b.c', 'd@e.f']);
    expect(addressesIn('  ')).toEqual([]);
  });

  it('see whether the mail differs, and an empty text is none', () => {
    const stored = { template: { subject: 's', body: 'b' }, recipients: ['a@b.c'] } as AlertSettings;
    const draft = draftOf(stored);
    expect(sameDraft(draft, draftOf(stored))).toBe(true);
    expect(sameDraft({ ...draft, recipients: '' }, draft)).toBe(false);
    expect(inputOf({ ...draft, words: { subject: 's', body: ' ' } }).template).toBeNull();
  });

  it('find the place of a problem behind letters that a browser counts twice', () => {
    expect(rangeOf('🚪🚪 {{dor}}', { offset: 3, length: 7 })).toEqual([5, 12]);
  });
});

describe('an explanation', () => {
  const incident = {
    ...INCIDENT,
    cameras: [
      { camera_id: 'c', name: 'Inside' },
      { camera_id: 'd', name: 'Outside' },
    ],
    crossings: INCIDENT.crossings.map((crossing, index) => ({ ...crossing, confidence: 0.9 - index / 10 })),
    people: 2,
    grants: 1,
    excess: 1,
    possible: 1,
    coverage: 'partial',
    state: 'final',
    start: '2026-01-01T00:00:06.5Z',
    end: '2026-01-01T00:00:06.5Z',
    sensed: 1,
  } as IncidentDetail;

  it('names people, grants, cameras, the least sure crossing, and what was not seen', () => {
    const facts = new Map(factsOf(incident).map((fact) => [fact.label, fact.value]));
    expect(Object.fromEntries(facts)).toMatchObject({
      'People counted': '2',
      'Grants used': 'Ben Rivera, somebody without a name',
      'Admissions taken': '1 person',
      'Without an admission': '1 person',
      'Perhaps more': '1 person',
      Crossings: '2 in, 1 out',
      'Least sure crossing': '70 %',
      Cameras: 'Inside (2), Outside (1)',
      "Door's own sensor": '1 entry',
      Seen: 'not all of it',
    });
  });

  it('says nothing of a sensor that is not there', () => {
    expect(factsOf({ ...incident, sensed: null }).some((fact) => fact.label.includes('sensor'))).toBe(false);
  });

  const revision = (fields: object) =>
    ({ state: 'provisional', kind: 'tailgating', people: 2, grants: 1, excess: 1, ...fields }) as IncidentRevision;

  it.each([
    [undefined, {}, ['first seen']],
    [revision({}), { state: 'final' }, ['final']],
    [revision({ state: 'unconfirmed' }), { state: 'final' }, ['confirmed by what arrived later, and final']],
    [revision({}), { people: 3, excess: 2 }, ['people 2 → 3', 'without a grant 1 → 2']],
    [revision({}), { kind: 'unauthorized_entry' }, ['now called unauthorized entry']],
    [
      revision({ state: 'final' }),
      { state: 'explained' },
      ['explained by a later event: whoever was alerted got a correction'],
    ],
    [revision({}), {}, ['its reason was put in other words']],
  ])('tells what a revision changed: %o', (before, now, words) => {
    expect(changesOf(before, revision(now))).toEqual(words);
  });

  it('offers what is not certain with how many there are', () => {
    const counts = {
      total: 3,
      kinds: { possible_tailgating: 2 },
      states: { final: 2, unconfirmed: 1 },
      explained: 4,
      not_observable: 0,
    };
    expect(uncertainOf(counts).map((one) => [one.value, one.count])).toEqual([
      ['possible_tailgating', 2],
      ['unconfirmed', 1],
      ['explained', 4],
    ]);
  });
});

describe('weekly figures', () => {
  const week = (fields: object) =>
    ({
      week: '2026-01-05',
      grants: 500,
      confirmed: 3,
      dismissed: 1,
      waiting: 2,
      incidents: { tailgating: 6 },
      ...fields,
    }) as unknown as DoorWeek;

  it('are summed over doors, false alarms as a share of the reviewed and of grants', () => {
    const sum = sumOf([week({}), week({})]);
    expect(sum).toEqual({ incidents: 12, confirmed: 6, dismissed: 2, waiting: 4, grants: 1000 });
    expect([falseAlarms(sum), perThousand(sum)]).toEqual(['2 of 8 (25 %)', '2.0']);
    expect([falseAlarms(sumOf([])), perThousand(sumOf([]))]).toEqual(['–', '–']);
  });

  it('keep the order of the weeks', () => {
    const weeks = byWeek([week({ week: 'b' }), week({ week: 'b' }), week({ week: 'a' })]);
    expect(weeks.map((one) => [one.week, one.doors.length])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });
});
