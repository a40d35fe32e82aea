/** Makes an alert of the search that is shown. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { useAlertOfSearch } from '../../api/alertRules';
import { useSession } from '../../api/queries';
import { Button, refusalShown } from '../../parts/basics';
import { say } from '../../shell/ask';
import { RuleDialog, type RuleDraft } from './RuleDialog';

const EVERY_MATCH: RuleDraft = {
  name: '',
  enabled: true,
  at_least: 1,
  within_minutes: 10,
  per: 'door',
  kinds: [],
  confidence: 0,
  at_once: false,
  active: null,
  quiet: null,
  recipients: [],
  hook_ids: [],
};

export function AlertMe({ text }: { text: string }) {
  const may = useSession().data?.permissions.includes('manage') ?? false;
  const add = useAlertOfSearch();
  const [open, setOpen] = useState(false);
  if (!may || !text.trim()) return null;
  return (
    <>
      <Button onPress={() => setOpen(true)}>{t`Alert me`}</Button>
      {open ? (
        <RuleDialog
          text={text}
          title={t`Alert me`}
          draft={{ ...EVERY_MATCH, name: text.slice(0, 100) }}
          save={add}
          onSave={(body) =>
            add.mutateAsync({ text, body }).then((made) => {
              setOpen(false);
              say(t`“${made.name}” alerts from now on; see Settings, Alerts.`);
            }, refusalShown)
          }
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  );
}
