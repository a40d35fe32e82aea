/** The forms that a message to another system can have. */
import { t } from '@lingui/core/macro';
import type { Webhook } from '../../api/webhooks';

/** What can be spoken at the other end, and how its address looks. */
export const FORMS: Record<Webhook['form'], { label: string; address: string }> = {
  json: { label: t`Signed post`, address: 'https://siem.example.com/doorwatch' },
  slack: { label: t`Slack`, address: 'https://hooks.slack.com/services/…' },
  teams: { label: t`Microsoft Teams`, address: 'https://….logic.azure.com/workflows/…' },
  syslog: { label: t`Syslog (RFC 5424)`, address: 'tls://siem.example.com:6514' },
  cef: { label: t`Syslog (CEF)`, address: 'tls://siem.example.com:6514' },
  mqtt: { label: t`MQTT`, address: 'mqtts://broker.example.com:8883' },
};
