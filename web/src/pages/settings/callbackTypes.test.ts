import { describe, expect, it } from 'vitest';
import { GROUPS, headersIn, typeWords } from './callbackTypes';

describe('what a callback can hear of', () => {
  it('stands in one group each, with words of its own', () => {
    const types = GROUPS.flatMap((group) => group.types);
    expect(new Set(types).size).toBe(types.length);
    expect(types.length).toBeGreaterThan(25);
    expect(types.every((type) => typeWords(type) !== type)).toBe(true);
    expect(typeWords('of.a.later.version')).toBe('of.a.later.version');
  });
});

describe('headers as they are typed', () => {
  it('are names and values, which may hold colons', () => {
    expect(headersIn('Authorization: Bearer a:b\n\n X-Key :  1 \n')).toEqual({
      Authorization: 'Bearer a:b',
      'X-Key': '1',
    });
    expect(headersIn('')).toEqual({});
  });

  it('without a colon are left to the server, which says what is wrong', () => {
    expect(headersIn('no header')).toEqual({ 'no header': '' });
  });
});
