/** One incident: its video, why it is one, who crossed on which grant, and what to do about it. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { ApiError } from '../../api/client';
import { useIncident } from '../../api/queries';
import type { Dismissal, IncidentDetail, Review } from '../../api/types';
import { Button, Clock, Empty, Failure, KindBadge, Loading, PageTitle, ReviewBadge } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { linkTo } from '../../shell/router';
import { AtSite, useSiteOf } from '../../shell/where';
import { countWords, kindLook } from '../../words';
import { doorTimeline } from '../timeline/address';
import { Clip } from './Clip';
import { CourseList } from './CourseList';
import { Explanation, History, Merges } from './Explanation';
import { Exports } from './Exports';
import { Holds } from './Holds';
import { MailLinks } from './MailLinks';
import { ShareForm } from './ShareForm';
import { Assignee, Comments, WhyDismissed } from './Talk';

/** What else is said with a review. */
export interface More {
  note?: string;
  dismissal?: Dismissal;
}

interface Props {
  id: string;
  onReview: (review: Review, more?: More) => void;
  /** Where the list is, when it is not beside this. */
  back: string | null;
}

export function IncidentPane({ id, onReview, back }: Props) {
  const incident = useIncident(id);
  return (
    <section className="pane" aria-label={t`Incident`}>
      {back ? (
        <a className="back" {...linkTo(back)}>
          <Shape name="left" /> {t`Incidents`}
        </a>
      ) : null}
      {incident.isPending ? <Loading what={t`the incident`} /> : null}
      {incident.isError ? <Gone error={incident.error} retry={() => void incident.refetch()} /> : null}
      {incident.data ? <Detail incident={incident.data} onReview={onReview} titled={back !== null} /> : null}
    </section>
  );
}

function Gone({ error, retry }: { error: Error; retry: () => void }) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Empty title={t`This incident does not exist`}>
        <Trans>Its link may be of another account, or it is older than what is kept.</Trans>
      </Empty>
    );
  }
  return <Failure error={error} retry={retry} />;
}

function Detail({
  incident,
  onReview,
  titled,
}: {
  incident: IncidentDetail;
  onReview: Props['onReview'];
  titled: boolean;
}) {
  const seek = useRef<((at: string) => void) | null>(null);
  const [sharing, setSharing] = useState(false);
  const siteOf = useSiteOf();
  return (
    <AtSite site={siteOf(incident)}>
      {titled ? <PageTitle>{t`${kindLook(incident.kind).word} at ${incident.door.name}`}</PageTitle> : null}
      <header className="pane-head">
        <div>
          <KindBadge kind={incident.kind} state={incident.state} />
          <ReviewBadge review={incident.review} />
          <p className="soft">
            {incident.door.name} · <Clock at={incident.start} />
            {incident.reviewed_by && incident.reviewed_at ? (
              <>
                {' '}
                <Trans>
                  · {incident.review} by {incident.reviewed_by} at <Clock at={incident.reviewed_at} />
                </Trans>
              </>
            ) : null}
          </p>
        </div>
        <Actions incident={incident} onReview={onReview} onShare={() => setSharing(true)} />
      </header>
      {sharing ? <ShareForm id={incident.incident_id} onDone={() => setSharing(false)} /> : null}
      <Assignee incident={incident} />
      <Clip incident={incident} seek={seek} />
      <p className="verdict">
        <strong className={`tone-${kindLook(incident.kind).tone}`}>
          {countWords(incident.people, incident.grants)}
        </strong>
        <span>{incident.reason}</span>
      </p>
      <Merges incident={incident} />
      <Explanation incident={incident} />
      <CourseList incident={incident} onSeek={(at) => seek.current?.(at)} />
      <WhyDismissed incident={incident} onChoose={(dismissal) => onReview('dismissed', { dismissal })} />
      <Comments incident={incident} />
      <Note key={incident.note ?? ''} incident={incident} onReview={onReview} />
      <Exports incident={incident} />
      <Holds incident={incident} />
      <MailLinks incidentId={incident.incident_id} />
      <History incident={incident} />
    </AtSite>
  );
}

interface ActionsProps {
  incident: IncidentDetail;
  onReview: Props['onReview'];
  onShare: () => void;
}

function Actions({ incident, onReview, onShare }: ActionsProps) {
  return (
    <div className="actions">
      {incident.review === 'new' ? (
        <>
          <Button tone="main" onPress={() => onReview('confirmed')}>
            <Trans>
              Confirm <kbd>e</kbd>
            </Trans>
          </Button>
          <Button onPress={() => onReview('dismissed')}>
            <Trans>
              Dismiss <kbd>x</kbd>
            </Trans>
          </Button>
        </>
      ) : (
        <Button onPress={() => onReview('new')}>{t`Review again`}</Button>
      )}
      <a className="button plain" {...linkTo(doorTimeline(incident.door.door_id, incident.start))}>
        <Shape name="clock" /> {t`Look back`}
      </a>
      <Button onPress={onShare}>{t`Share link`}</Button>
    </div>
  );
}

function Note({ incident, onReview }: { incident: IncidentDetail; onReview: Props['onReview'] }) {
  const [note, setNote] = useState(incident.note ?? '');
  const changed = note !== (incident.note ?? '');
  return (
    <div className="note">
      <TextField value={note} onChange={setNote} maxLength={4000}>
        <Label>{t`Note`}</Label>
        <TextArea rows={2} placeholder={t`What you found out, for whoever looks next`} />
      </TextField>
      {changed ? (
        <Button
          onPress={() => onReview(incident.review, { note, dismissal: incident.dismissal as Dismissal })}
        >{t`Save note`}</Button>
      ) : null}
    </div>
  );
}
