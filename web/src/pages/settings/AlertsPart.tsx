/** What is told besides the mail, by searches, of the system, to webhooks, chats and logs; when nobody is told; and what became of every message. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useAlerts } from '../../api/alerts';
import { linkTo } from '../../shell/router';
import { RulesPart } from '../alerting/RulesPart';
import { SilencesPart } from '../alerting/SilencesPart';
import { SystemPart } from '../alerting/SystemPart';
import { CallbacksPart } from './CallbacksPart';
import { Deliveries } from './Deliveries';
import { NotificationSetting } from './NotificationSetting';
import { WebhooksPart } from './WebhooksPart';

export function AlertsPart() {
  const alerts = useAlerts();
  return (
    <section className="part">
      <p className="soft">
        <Trans>
          The mail to badge holders and the security desk is written on{' '}
          <a {...linkTo('/settings/mail')}>Tailgating mail</a>.
        </Trans>
      </p>
      {alerts.data?.mail_server === null ? (
        <p className="failure-text">
          <Trans>No mail server is set, so nothing is sent: start the server with DOORWATCH_SMTP_HOST.</Trans>
        </p>
      ) : null}
      <RulesPart />
      <SilencesPart />
      <SystemPart />
      <WebhooksPart />
      <CallbacksPart />
      <NotificationSetting />
      <Deliveries title={t`Deliveries`} />
    </section>
  );
}
