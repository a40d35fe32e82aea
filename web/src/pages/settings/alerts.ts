/** Alerts as they are typed and compared. */
import type { AlertSettings } from '../../api/types';

/** Addresses out of lines, commas or semicolons; each once. */
export function addressesIn(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
}

export function sameAlerts(a: AlertSettings, b: AlertSettings): boolean {
  return (
    a.enabled === b.enabled &&
    a.template.subject === b.template.subject &&
    a.template.body === b.template.body &&
    a.recipients.join() === b.recipients.join()
  );
}
