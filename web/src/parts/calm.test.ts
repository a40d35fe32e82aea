import { expect, it } from 'vitest';
import { withMoment } from '../api/events';
import type { Moment } from '../api/types';
import { heldBack } from './calm';

const id = (item: { id: string }) => item.id;
const list = (...ids: string[]) => ids.map((name) => ({ id: name }));

it('shows everything while nobody reads', () => {
  expect(heldBack(list('c', 'b', 'a'), id, null)).toEqual(list('c', 'b', 'a'));
});

it('holds back what came after the reading began, on top and in between', () => {
  expect(heldBack(list('d', 'c', 'b', 'late', 'a'), id, new Set(['b', 'a']))).toEqual(list('b', 'a'));
});

it('shows what is older than all that was known, as when one asks for more', () => {
  expect(heldBack(list('c', 'b', 'a', 'older', 'oldest'), id, new Set(['b', 'a']))).toEqual(
    list('b', 'a', 'older', 'oldest'),
  );
});

it('shows everything when nothing that was known is left', () => {
  expect(heldBack(list('d', 'c'), id, new Set(['b']))).toEqual(list('d', 'c'));
  expect(heldBack(list('d', 'c'), id, new Set())).toEqual(list('d', 'c'));
});

const moment = (moment_id: string, at: string, title = '') => ({ moment_id, at, title }) as Moment;

it('puts a moment where its time belongs, newest first', () => {
  const before = [moment('c', '2026-01-01T00:00:03Z'), moment('a', '2026-01-01T00:00:01Z')];
  const ids = (moments: Moment[]) => moments.map((m) => m.moment_id).join('');
  expect(ids(withMoment(before, moment('d', '2026-01-01T00:00:04Z')))).toBe('dca');
  expect(ids(withMoment(before, moment('b', '2026-01-01T00:00:02Z')))).toBe('cba');
  expect(ids(withMoment(before, moment('z', '2025-01-01T00:00:02Z')))).toBe('caz');
});

it('replaces a moment that is said again where it stands', () => {
  const before = [moment('b', '2'), moment('a', '1')];
  expect(withMoment(before, moment('a', '1', 'admitted')).map((m) => m.title)).toEqual(['', 'admitted']);
});

it('keeps the list short', () => {
  let moments: Moment[] = [];
  for (let n = 0; n < 300; n += 1) moments = withMoment(moments, moment(`${n}`, String(1000 + n)));
  expect(moments).toHaveLength(200);
  expect(moments[0]?.moment_id).toBe('299');
});
