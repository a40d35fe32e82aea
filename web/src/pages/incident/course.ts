/** The course of an incident: grants and crossings in the order of their times. */
import { t } from '@lingui/core/macro';
import type { IncidentDetail } from '../../api/types';
import type { Seen } from '../../appearance';
import { fromIso, SECOND } from '../../time';
import { type Look, outcomeLook, plain } from '../../words';

export interface CourseStep {
  id: string;
  at: string;
  look: Look;
  title: string;
  detail: string;
  /** The camera that saw it and how sure it is; empty for a grant. */
  seen: string;
  /** How the person looked; nothing for a grant. */
  person: Seen;
  /** Seconds after the first step. */
  after: number;
}

/** Grants and crossings in the order of their times. */
export function courseOf(incident: IncidentDetail): CourseStep[] {
  const grants = new Map(incident.grants_used.map((grant) => [grant.event_id, grant]));
  const name = (id: string | null) => (id ? (grants.get(id)?.actor_name ?? t`the grant`) : null);
  // With one camera its name is above already.
  const camera = (id: string) =>
    incident.cameras.length > 1 ? (incident.cameras.find((one) => one.camera_id === id)?.name ?? '') : '';
  const steps = [
    ...incident.grants_used.map((grant) => ({
      id: grant.event_id,
      at: grant.at,
      look: { word: t`Grant`, shape: 'card', tone: 'granted' } as Look,
      title: grant.actor_name ?? t`Somebody without a name`,
      detail: plain(grant.event_type),
      seen: '',
      person: {},
    })),
    ...incident.crossings.map((crossing) => {
      const look = outcomeLook(crossing.outcome);
      const who = name(crossing.grant_id);
      return {
        id: crossing.crossing_id,
        at: crossing.at,
        look,
        title: crossing.direction === 'out' ? t`One person went out` : t`One person went in`,
        detail: who && crossing.outcome === 'admitted' ? t`${look.word} by ${who}` : look.word,
        seen: [camera(crossing.camera_id), t`${Math.round(crossing.confidence * 100)} % sure`]
          .filter(Boolean)
          .join(', '),
        person: crossing,
      };
    }),
  ].sort((a, b) => fromIso(a.at) - fromIso(b.at));
  const first = steps[0] ? fromIso(steps[0].at) : 0;
  return steps.map((step) => ({ ...step, after: (fromIso(step.at) - first) / SECOND }));
}
