/** What is told besides the mail, by searches, of the system, to webhooks, chats and logs; when nobody is told; and what became of every message. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { linkTo } from '../../shell/router';
import { RulesPart } from '../alerting/RulesPart';
import { SilencesPart } from '../alerting/SilencesPart';
import { SystemPart } from '../alerting/SystemPart';
import { CallbacksPart } from './CallbacksPart';
import { Deliveries } from './Deliveries';
import { NotificationSetting } from './NotificationSetting';
import { WebhooksPart } from './WebhooksPart';

export function AlertsPart() {
  return (
    <section className="part">
      <p className="soft">
        <Trans>
          The mail to badge holders and the security desk is written on{' '}
          <a {...linkTo('/settings/mail')}>Tailgating mail</a>.
        </Trans>
      </p>
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
