/** Reports that are mailed by themselves: each with when it comes next and to whom; send one now, change, switch off. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Switch } from 'react-aria-components';
import { useSession } from '../../api/queries';
import {
  type ReportSchedule,
  type ReportScheduleInput,
  useRemoveReportSchedule,
  useReportSchedules,
  useSaveReportSchedule,
  useSendReport,
} from '../../api/reportSchedules';
import { Button, Clock, Failure, Loading } from '../../parts/basics';
import { ask, say, sayWhy } from '../../shell/ask';
import { ScheduleDialog } from './ScheduleDialog';
import { hourWords, NEW_SCHEDULE, spanWords } from './schedule';

export function ByMail() {
  const manages = useSession().data?.user.role !== 'view';
  const schedules = useReportSchedules(manages);
  const save = useSaveReportSchedule();
  const [draft, setDraft] = useState<ReportScheduleInput | null>(null);
  if (!manages) return null;
  return (
    <section className="by-mail" aria-labelledby="by-mail">
      <header className="page-title">
        <h2 id="by-mail">{t`By mail`}</h2>
        <Button onPress={() => setDraft(NEW_SCHEDULE)}>{t`Mail a report`}</Button>
      </header>
      {schedules.isPending ? <Loading what={t`the reports by mail`} /> : null}
      {schedules.isError ? <Failure error={schedules.error} retry={() => void schedules.refetch()} /> : null}
      {schedules.data && !schedules.data.length ? (
        <p className="soft">
          <Trans>No report is mailed yet: the day, week or month before can come by itself, as a PDF.</Trans>
        </p>
      ) : null}
      <ul className="lines">
        {schedules.data?.map((one) => (
          <Line key={one.schedule_id} schedule={one} />
        ))}
      </ul>
      {draft ? (
        <ScheduleDialog
          title={t`Mail a report`}
          draft={draft}
          save={save}
          onSave={(body) => save.mutate({ id: null, body }, { onSuccess: () => setDraft(null) })}
          onClose={() => setDraft(null)}
        />
      ) : null}
    </section>
  );
}

function inputOf({ name, every, hour, site_id, recipients, enabled }: ReportSchedule): ReportScheduleInput {
  return { name, every, hour, site_id, recipients, enabled };
}

function Line({ schedule }: { schedule: ReportSchedule }) {
  const save = useSaveReportSchedule();
  const remove = useRemoveReportSchedule();
  const send = useSendReport();
  const [open, setOpen] = useState(false);
  const { schedule_id: id, name } = schedule;
  const body = inputOf(schedule);
  const drop = async () => {
    if (await ask(t`Remove ${name}?`, t`Nobody is mailed this report any more.`, t`Remove`))
      remove.mutateAsync(id).catch(sayWhy);
  };
  const sendNow = () =>
    send
      .mutateAsync(id)
      .then(
        ({ mails }) => say(plural(mails, { one: '1 mail is on its way', other: `${mails} mails are on their way` })),
        sayWhy,
      );
  return (
    <li>
      <div>
        <strong>{name}</strong>
        <p className="soft small">
          {spanWords(schedule.every)}, {hourWords(schedule.hour)} ({schedule.zone}) · {schedule.recipients.join(', ')}
        </p>
        <p className="soft small">
          {schedule.next_at ? (
            <Trans>
              next <Clock at={schedule.next_at} />
            </Trans>
          ) : (
            t`switched off`
          )}
        </p>
      </div>
      <div className="actions">
        <Switch
          className="switch"
          isSelected={schedule.enabled}
          isDisabled={save.isPending}
          onChange={(enabled) => save.mutateAsync({ id, body: { ...body, enabled } }).catch(sayWhy)}
          aria-label={t`Mail ${name}`}
        >
          <span className="switch-track" aria-hidden="true" />
        </Switch>
        <Button onPress={sendNow} isPending={send.isPending} aria-label={t`Send ${name} now`}>
          {t`Send now`}
        </Button>
        <Button onPress={() => setOpen(true)} aria-label={t`Change ${name}`}>
          {t`Change`}
        </Button>
        <Button onPress={() => void drop()} aria-label={t`Remove ${name}`}>
          {t`Remove`}
        </Button>
      </div>
      {open ? (
        <ScheduleDialog
          title={t`Change the report by mail`}
          draft={body}
          save={save}
          onSave={(changed) => save.mutate({ id, body: changed }, { onSuccess: () => setOpen(false) })}
          onClose={() => setOpen(false)}
        />
      ) : null}
    </li>
  );
}
