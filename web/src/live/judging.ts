/** What the rule says of crossings, as news and as incidents tell it, for the trails of one camera. */
import type { IncidentDetail, Moment } from '../api/types';
import { fromIso } from '../time';
import type { Trails } from './trails';

/** A crossing's outcome from the news, for the trails of one camera. */
export function judgeMoment(trails: Trails, camera: string, moment: Moment): void {
  if (moment.kind !== 'crossing' || !moment.crossing_id || !moment.track || !moment.door) return;
  if (moment.cameras.length && !moment.cameras.some((other) => other.camera_id === camera)) return;
  trails.judge({
    crossing_id: moment.crossing_id,
    door_id: moment.door.door_id,
    track: moment.track,
    at_us: fromIso(moment.at),
    outcome: moment.outcome,
  });
}

export function judgeIncident(trails: Trails, camera: string | null, incident: IncidentDetail): void {
  for (const crossing of incident.crossings ?? []) {
    if (camera !== null && crossing.camera_id !== camera) continue;
    trails.judge({
      crossing_id: crossing.crossing_id,
      door_id: incident.door.door_id,
      track: crossing.track,
      at_us: fromIso(crossing.at),
      outcome: crossing.outcome,
      trail: crossing.trail,
    });
  }
}
