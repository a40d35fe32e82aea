/** Sums of a report. */
import type { DoorReport } from '../api/types';

export function totalIncidents(report: DoorReport): number {
  return Object.values(report.incidents).reduce((sum, count) => sum + count, 0);
}
