import { describe, expect, it } from 'vitest';
import { duration, factsOf, queuesOf } from './gatewayFacts';

describe('what a gateway says of itself', () => {
  it('is told in words, and what it did not say is left out', () => {
    const stats = { version: '1.2', uptime_seconds: 7200, events_received: 12_345, memory_bytes: 36_000_000 };
    expect(factsOf(stats)).toEqual([
      ['Version', '1.2'],
      ['Running for', '2 h'],
      ['Events received', '12,345'],
      ['Memory', '34 MiB'],
    ]);
    expect(factsOf(null)).toEqual([]);
  });

  it('is not trusted to be well formed', () => {
    expect(factsOf({ version: 7, uptime_seconds: 'long', devices_count: null })).toEqual([]);
    expect(queuesOf({ queue_lengths: 'none' })).toEqual([]);
  });

  it('names queues that hold something', () => {
    expect(queuesOf({ queue_lengths: { webhooks: 3, stats: 0 } })).toEqual([['webhooks', 3]]);
  });

  it('tells durations as people do', () => {
    expect([20, 600, 7200, 300_000].map(duration)).toEqual(['20 s', '10 min', '2 h', '3 days']);
  });
});
