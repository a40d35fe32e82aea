/** What happened in order: each grant and each crossing with its time, and which belongs to which. */
import type { IncidentDetail } from '../../api/types';
import { Clock } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { fromIso, SECOND } from '../../time';
import { type Look, outcomeLook, plain } from '../../words';

export interface CourseStep {
  id: string;
  at: string;
  look: Look;
  title: string;
  detail: string;
  /** Seconds after the first step. */
  after: number;
}

/** Grants and crossings in the order of their times. */
export function courseOf(incident: IncidentDetail): CourseStep[] {
  const grants = new Map(incident.grants_used.map((grant) => [grant.event_id, grant]));
  const name = (id: string | null) => (id ? (grants.get(id)?.actor_name ?? 'the grant') : null);
  const steps = [
    ...incident.grants_used.map((grant) => ({
      id: grant.event_id,
      at: grant.at,
      look: { word: 'Grant', shape: 'card', tone: 'granted' } as Look,
      title: grant.actor_name ?? 'Somebody without a name',
      detail: plain(grant.event_type),
    })),
    ...incident.crossings.map((crossing) => {
      const look = outcomeLook(crossing.outcome);
      const who = name(crossing.grant_id);
      return {
        id: crossing.crossing_id,
        at: crossing.at,
        look,
        title: crossing.direction === 'out' ? 'One person went out' : 'One person went in',
        detail: who && crossing.outcome === 'admitted' ? `${look.word} by ${who}` : look.word,
      };
    }),
  ].sort((a, b) => fromIso(a.at) - fromIso(b.at));
  const first = steps[0] ? fromIso(steps[0].at) : 0;
  return steps.map((step) => ({ ...step, after: (fromIso(step.at) - first) / SECOND }));
}

export function Course({ incident, onSeek }: { incident: IncidentDetail; onSeek: (at: string) => void }) {
  const steps = courseOf(incident);
  if (!steps.length) return null;
  return (
    <ol className="course" aria-label="What happened, in order">
      {steps.map((step) => (
        <li key={step.id}>
          <button type="button" onClick={() => onSeek(step.at)} title="Show in the video">
            <span className={`moment-shape tone-${step.look.tone}`}>
              <Shape name={step.look.shape} />
            </span>
            <Clock at={step.at} day="never" />
            <span className="course-after">{step.after > 0 ? `+${step.after.toFixed(1)} s` : ''}</span>
            <span className="course-text">
              {step.title} <span className={`tone-${step.look.tone}`}>{step.detail}</span>
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
