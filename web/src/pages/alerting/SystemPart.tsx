/** What is told of the system's own troubles, to whom, and what is wrong now. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { type SystemAlerts, type Trouble, useSetSystemAlerts, useSystemAlerts } from '../../api/alertRules';
import { Button, Clock, Failure, Loading, Refusal, refusalShown, SaidZone, useZone } from '../../parts/basics';
import { say } from '../../shell/ask';
import { withZonedTimes } from '../../time';
import { addressesIn } from '../settings/mail/draft';
import { Check } from './Check';

const TROUBLES: [Trouble, string][] = [
  ['camera_offline', t`A camera is away`],
  ['gateway_silent', t`A gateway is silent`],
  ['spool_filling', t`A gateway's spool is filling`],
  ['disk_filling', t`The disk is nearly full`],
  ['recording_stopped', t`A camera is not recorded`],
  ['footage_damaged', t`Recordings are damaged`],
  ['certificate_expiring', t`The certificate ends soon`],
  ['door_forced', t`A door was forced open`],
  ['door_held', t`A door is held open`],
  ['fire_release', t`A fire release is on`],
];

export function SystemPart() {
  const system = useSystemAlerts();
  const zone = useZone();
  return (
    <>
      <h2>{t`Troubles of the system`}</h2>
      {system.isPending ? <Loading what={t`troubles`} /> : null}
      {system.isError ? <Failure error={system.error} retry={() => void system.refetch()} /> : null}
      {system.data ? (
        <>
          <ul className="lines">
            {system.data.lasting.map((one) => (
              <li key={`${one.kind}${one.title}`}>
                <div>
                  <strong>{one.title}</strong>
                  <p className="soft small">
                    {withZonedTimes(one.detail, zone)} <Trans>Since</Trans>{' '}
                    <SaidZone value={true}>
                      <Clock at={one.began_at} />
                    </SaidZone>
                  </p>
                </div>
                <div className="actions">
                  <span className="badge quiet">{one.told ? t`told` : t`not told yet`}</span>
                </div>
              </li>
            ))}
          </ul>
          <Form key={JSON.stringify([system.data.off, system.data.recipients])} stored={system.data} />
        </>
      ) : null}
    </>
  );
}

function Form({ stored }: { stored: SystemAlerts }) {
  const save = useSetSystemAlerts();
  const [off, setOff] = useState(new Set(stored.off));
  const [recipients, setRecipients] = useState(stored.recipients?.join('\n') ?? '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = { off: [...off], recipients: addressesIn(recipients), hook_ids: stored.hook_ids ?? [] };
    save.mutateAsync(wanted).then(() => say(t`Saved.`), refusalShown);
  };
  return (
    <form onSubmit={submit} className="alert-form" aria-label={t`Troubles of the system`}>
      <fieldset className="checks">
        <legend>{t`Told once when it begins and once when it is over`}</legend>
        {TROUBLES.map(([trouble, word]) => (
          <Check
            key={trouble}
            isSelected={!off.has(trouble)}
            onChange={(on) => setOff(new Set(on ? [...off].filter((one) => one !== trouble) : [...off, trouble]))}
          >
            {word}
          </Check>
        ))}
      </fieldset>
      <TextField value={recipients} onChange={setRecipients}>
        <Label>{t`Mail to, one a line; without any the owners`}</Label>
        <TextArea rows={2} spellCheck="false" placeholder={stored.owners.join('\n')} />
      </TextField>
      <Refusal of={save} />
      <div className="actions">
        <Button type="submit" isPending={save.isPending}>
          {t`Save who is told`}
        </Button>
      </div>
    </form>
  );
}
