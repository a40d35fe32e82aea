/** What reviewers settle among themselves: who is to look, why it was dismissed, and what they say. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { useAssign, useComment, useSession } from '../../api/queries';
import type { Dismissal, IncidentDetail } from '../../api/types';
import { Button, Clock } from '../../parts/basics';
import { sayWhy } from '../../shell/ask';

export function Assignee({ incident }: { incident: IncidentDetail }) {
  const session = useSession().data;
  const assign = useAssign();
  if (!session?.permissions.includes('review')) return null;
  const give = (to: string | null) =>
    assign.mutateAsync({ id: incident.incident_id, to, seen: incident.said }).catch(sayWhy);
  const mine = incident.assigned_to === session.user.email;
  return (
    <p className="assignee">
      {incident.assigned_to ? (
        <span>
          <Trans>Assigned to {incident.assigned_to}</Trans>
        </span>
      ) : null}
      {mine ? null : (
        <Button tone="quiet" isPending={assign.isPending} onPress={() => give(session.user.email)}>
          {t`Assign to me`}
        </Button>
      )}
      {incident.assigned_to ? (
        <Button tone="quiet" isPending={assign.isPending} onPress={() => give(null)}>
          {t`Assign to nobody`}
        </Button>
      ) : null}
    </p>
  );
}

interface WhyProps {
  incident: IncidentDetail;
  onChoose: (dismissal: Dismissal) => void;
}

export function WhyDismissed({ incident, onChoose }: WhyProps) {
  if (incident.review !== 'dismissed') return null;
  const reasons: [Dismissal, string][] = [
    ['authorized', t`They were allowed in`],
    ['miscounted', t`Too many were counted`],
    ['nobody_entered', t`Nobody went in`],
    ['test', t`Somebody tried it out`],
    ['other', t`Something else`],
  ];
  return (
    <label className="field why-dismissed">
      <span>{t`Why it was dismissed`}</span>
      <select value={incident.dismissal ?? ''} onChange={(event) => onChoose(event.target.value as Dismissal)}>
        <option value="" disabled>
          {t`not said yet`}
        </option>
        {reasons.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Comments({ incident }: { incident: IncidentDetail }) {
  const maySay = useSession().data?.permissions.includes('review') ?? false;
  const comment = useComment();
  const [text, setText] = useState('');
  if (!maySay && !incident.comments.length) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    comment.mutate({ id: incident.incident_id, text: text.trim() }, { onSuccess: () => setText('') });
  };
  return (
    <section className="comments" aria-label={t`Comments`}>
      {incident.comments.length ? (
        <ol>
          {incident.comments.map((one) => (
            <li key={one.comment_id}>
              <p className="soft small">
                {one.said_by} · <Clock at={one.said_at} />
              </p>
              <p>{one.text}</p>
            </li>
          ))}
        </ol>
      ) : null}
      {maySay ? (
        <form onSubmit={submit}>
          <input
            value={text}
            maxLength={4000}
            aria-label={t`Comment`}
            placeholder={t`Say something to the others`}
            onChange={(event) => setText(event.target.value)}
          />
          {text.trim() ? (
            <Button type="submit" isPending={comment.isPending}>
              {t`Comment`}
            </Button>
          ) : null}
        </form>
      ) : null}
      {comment.isError ? (
        <p className="failure-text" role="alert">
          {comment.error.message}
        </p>
      ) : null}
    </section>
  );
}
