/** Whom incidents are told besides the mail: webhooks, chats and logs; and what became of every message. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { linkTo } from '../../shell/router';
import { Deliveries } from './Deliveries';
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
      <WebhooksPart />
      <Deliveries title={t`Deliveries`} />
    </section>
  );
}
