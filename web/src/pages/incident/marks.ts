/** What can be seen where in the clip of an incident. */
import { t } from '@lingui/core/macro';
import type { IncidentDetail } from '../../api/types';
import { fromIso, type Micros, SECOND } from '../../time';
import { type Look, outcomeLook } from '../../words';

/** The camera whose clip it is: the one that saw the person without a grant. */
export function cameraOf(incident: IncidentDetail): string | null {
  const excess = incident.crossings.find((crossing) => crossing.outcome === 'excess') ?? incident.crossings[0];
  return excess?.camera_id ?? incident.cameras[0]?.camera_id ?? null;
}

export interface ClipMark extends Look {
  id: string;
  /** Seconds from the start of the clip. */
  second: number;
}

/** What happened within a clip of `length` seconds, in its own seconds. */
export function marksOf(incident: IncidentDetail, camera: string | null, start: Micros, length: number): ClipMark[] {
  const second = (at: string) => (fromIso(at) - start) / SECOND;
  const crossings = incident.crossings
    .filter((crossing) => camera === null || crossing.camera_id === camera)
    .map((crossing) => ({ id: crossing.crossing_id, second: second(crossing.at), ...outcomeLook(crossing.outcome) }));
  const grants = incident.grants_used.map((grant): ClipMark => {
    const word = grant.actor_name ? t`Grant of ${grant.actor_name}` : t`Grant`;
    return { id: grant.event_id, second: second(grant.at), word, shape: 'card', tone: 'granted' };
  });
  return [...grants, ...crossings].filter((mark) => mark.second >= 0 && mark.second <= length);
}
