import { describe, expect, it } from 'vitest';
import type { Token } from '../../api/types';
import { fromIso } from '../../time';
import { tokenState } from './tokens';

const now = fromIso('2026-06-01T12:00:00Z');
const token = (more: Partial<Token>): Token => ({
  id: 't',
  name: 'Gateway',
  kind: 'gateway',
  scopes: ['pacs:write'],
  prefix: 'dwg_abcd',
  created_by: null,
  created_at: '2026-05-01T12:00:00Z',
  last_used_at: null,
  last_used_from: null,
  expires_at: null,
  expired: false,
  revoked_at: null,
  rotated_at: null,
  former_until: null,
  former_used_at: null,
  ...more,
});

describe('the line of a token', () => {
  it('says nothing of one that works until it is revoked', () => {
    expect(tokenState(token({}), now)).toBe('good');
  });

  it('says that one ends soon two weeks before it does, and that it has ended even before the list is asked again', () => {
    expect(tokenState(token({ expires_at: '2026-06-15T12:00:01Z' }), now)).toBe('good');
    expect(tokenState(token({ expires_at: '2026-06-15T11:59:59Z' }), now)).toBe('ending');
    expect(tokenState(token({ expires_at: '2026-06-01T12:00:00Z' }), now)).toBe('expired');
  });

  it('says that two secrets work while they do', () => {
    const rotated = { rotated_at: '2026-05-31T12:00:00Z' };
    expect(tokenState(token({ ...rotated, former_until: '2026-06-01T12:00:01Z' }), now)).toBe('two');
    expect(tokenState(token({ ...rotated, former_until: '2026-06-01T12:00:00Z' }), now)).toBe('good');
  });
});
