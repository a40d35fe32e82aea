import { expect, it } from 'vitest';
import { roomAround } from './exportRoom';

it('leaves what the incident itself does not take of ten minutes', () => {
  const start = '2026-07-01T10:00:00Z';
  expect(roomAround({ start, end: start })).toBe(600);
  expect(roomAround({ start, end: '2026-07-01T10:00:04.500000Z' })).toBe(595);
  expect(roomAround({ start, end: '2026-07-01T10:30:00Z' })).toBe(0);
});
