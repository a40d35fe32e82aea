/** Statistics of a gateway as words and figures; one of another make shows what it has. */
import { t } from '@lingui/core/macro';
import type { Gateway } from '../../api/integrations';

type Stats = Gateway['stats'];

const number = (stats: Stats, name: string): number | null => {
  const value = stats?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};

const GROUPED = new Intl.NumberFormat('en-GB');

/** The figures that say something to a person, in the order of their worth. */
export function factsOf(stats: Stats): [word: string, value: string][] {
  if (!stats) return [];
  const facts: [string, string][] = [];
  const add = (word: string, name: string, say: (value: number) => string = (value) => GROUPED.format(value)) => {
    const value = number(stats, name);
    if (value !== null) facts.push([word, say(value)]);
  };
  if (typeof stats.version === 'string') facts.push([t`Version`, stats.version]);
  if (typeof stats.acs_connected === 'boolean') {
    facts.push([t`Access control system`, stats.acs_connected ? t`heard` : t`not heard`]);
  }
  add(t`Running for`, 'uptime_seconds', duration);
  add('Doors', 'devices_count');
  add(t`Events received`, 'events_received');
  add(t`Events delivered`, 'events_forwarded');
  add(t`Given up`, 'events_failed');
  add('Retries', 'retries');
  add(t`Its clock is off by`, 'clock_skew_ms', (value) => `${Math.round(value / 100) / 10} s`);
  add('Memory', 'memory_bytes', (value) => t`${Math.round(value / 2 ** 20)} MiB`);
  const used = number(stats, 'licence_used');
  const most = number(stats, 'licence_limit');
  if (used !== null && most !== null) facts.push([t`Licence connections`, t`${used} of ${most}`]);
  return facts;
}

/** Queues with something in them. */
export function queuesOf(stats: Stats): [name: string, length: number][] {
  const queues = stats?.queue_lengths;
  if (typeof queues !== 'object' || queues === null) return [];
  return Object.entries(queues).filter((one): one is [string, number] => typeof one[1] === 'number' && one[1] > 0);
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return t`${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return t`${Math.round(seconds / 86_400)} days`;
}
