/** What an MQTT broker needs beside its address. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Input, Label, Text, TextArea, TextField } from 'react-aria-components';
import type { Broker, Webhook } from '../../api/webhooks';
import { PasswordField } from '../../parts/PasswordField';

export const NO_BROKER: Broker = { topic: 'doorwatch/{{type}}/{{door}}', username: '', password: '', authority: '' };

/** As they are typed; the server knows no others. */
const TOPIC_VARIABLES = ['type', 'kind', 'site', 'door', 'door_id'].map((name) => `{{${name}}}`).join(', ');

interface Props {
  value: Broker;
  onChange: (value: Broker) => void;
  /** Whether a password is kept that stays unless another one is given. */
  kept?: boolean;
}

export function BrokerFields({ value, onChange, kept = false }: Props) {
  const set = (part: Partial<Broker>) => onChange({ ...value, ...part });
  return (
    <>
      <TextField className="wide" value={value.topic} onChange={(topic) => set({ topic })} isRequired>
        <Label>{t`Topic`}</Label>
        <Input spellCheck="false" autoCapitalize="none" />
        <Text slot="description" className="soft small">
          {t`Filled in for each message:`} {TOPIC_VARIABLES}
        </Text>
      </TextField>
      <TextField value={value.username} onChange={(username) => set({ username })} autoComplete="off">
        <Label>{t`User`}</Label>
        <Input spellCheck="false" autoCapitalize="none" />
      </TextField>
      <PasswordField
        label={kept ? t`Password; empty to keep the one that there is` : t`Password`}
        autoComplete="new-password"
        value={value.password ?? ''}
        onChange={(password) => set({ password: password || (kept ? null : '') })}
      />
      <TextField className="wide" value={value.authority} onChange={(authority) => set({ authority })}>
        <Label>{t`Own authority (PEM)`}</Label>
        <TextArea rows={3} spellCheck="false" placeholder={t`-----BEGIN CERTIFICATE-----`} />
        <Text slot="description" className="soft small">
          {t`For mqtts:// alone. Empty: the authorities of the server's system.`}
        </Text>
      </TextField>
    </>
  );
}

export function BrokerFacts({ mqtt }: { mqtt: NonNullable<Webhook['mqtt']> }) {
  const user = mqtt.username || t`nobody`;
  return (
    <p className="soft small address">
      <Trans>
        Topic {mqtt.topic}, as {user}
      </Trans>
      {mqtt.authority ? `, ${t`own authority`}` : ''}
    </p>
  );
}
