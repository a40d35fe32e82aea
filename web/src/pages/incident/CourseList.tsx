/** What happened in order: each grant and each crossing with its time, and which belongs to which. */

import { t } from '@lingui/core/macro';
import type { IncidentDetail } from '../../api/types';
import { Clock } from '../../parts/basics';
import { Clothes } from '../../parts/Clothes';
import { Shape } from '../../parts/icons';
import { courseOf } from './course';

export function CourseList({ incident, onSeek }: { incident: IncidentDetail; onSeek: (at: string) => void }) {
  const steps = courseOf(incident);
  if (!steps.length) return null;
  return (
    <ol className="course" aria-label={t`What happened, in order`}>
      {steps.map((step) => (
        <li key={step.id}>
          <button type="button" onClick={() => onSeek(step.at)} title={t`Show in the video`}>
            <span className={`moment-shape tone-${step.look.tone}`}>
              <Shape name={step.look.shape} />
            </span>
            <Clock at={step.at} day="never" />
            <span className="course-after">{step.after > 0 ? `+${step.after.toFixed(1)} s` : ''}</span>
            <span className="course-text">
              {step.title} <span className={`tone-${step.look.tone}`}>{step.detail}</span>
              {step.seen ? <small className="soft"> {step.seen}</small> : null}
              <small className="soft course-person">
                <Clothes seen={step.person} />
              </small>
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
