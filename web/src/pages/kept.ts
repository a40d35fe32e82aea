/** The review queue with what was reviewed a moment ago. */
import type { Incident } from '../api/types';

/** What was reviewed just now stays where it stood, so that the list does not move under the hand. */
export function withKept(list: readonly Incident[], kept: ReadonlyMap<string, Incident>): Incident[] {
  const present = new Set(list.map((incident) => incident.incident_id));
  const missing = [...kept.values()].filter((incident) => !present.has(incident.incident_id));
  return [...list, ...missing].sort((a, b) => (a.start < b.start ? 1 : a.start > b.start ? -1 : 0));
}
