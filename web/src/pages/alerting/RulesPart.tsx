/** The alerts of searches: what each looks for and whom it tells; change, switch off, remove. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { Switch } from 'react-aria-components';
import { type AlertRule, useAlertRules, useRemoveAlertRule, useSetAlertRule } from '../../api/alertRules';
import { Button, Empty, Failure, Loading } from '../../parts/basics';
import { ask, sayWhy } from '../../shell/ask';
import { searchPath } from '../../shell/query';
import { linkTo } from '../../shell/router';
import { RuleDialog } from './RuleDialog';

export function RulesPart() {
  const rules = useAlertRules();
  return (
    <>
      <h2>{t`Alerts of searches`}</h2>
      {rules.isPending ? <Loading what={t`alerts`} /> : null}
      {rules.isError ? <Failure error={rules.error} retry={() => void rules.refetch()} /> : null}
      {rules.data && !rules.data.length ? (
        <Empty title={t`No search alerts yet`}>
          <Trans>
            Search for something, such as <a {...linkTo(searchPath('tailgating'))}>tailgating</a>, and press “Alert me”
            beside the results.
          </Trans>
        </Empty>
      ) : null}
      <ul className="lines">
        {rules.data?.map((rule) => (
          <Line key={rule.rule_id} rule={rule} />
        ))}
      </ul>
    </>
  );
}

function Line({ rule }: { rule: AlertRule }) {
  const set = useSetAlertRule();
  const remove = useRemoveAlertRule();
  const [open, setOpen] = useState(false);
  const { rule_id, text, ...draft } = rule;
  const drop = async () => {
    if (await ask(t`Remove ${rule.name}?`, t`The search stays; it only alerts no more.`, t`Remove`)) {
      remove.mutateAsync(rule_id).catch(sayWhy);
    }
  };
  return (
    <li>
      <div>
        <strong>{rule.name}</strong>
        <p className="soft small">
          {text === null ? (
            <span className="failure-text">{t`Its search was deleted: it tells nothing.`}</span>
          ) : (
            <a {...linkTo(searchPath(text))}>{text}</a>
          )}
          {' · '}
          {rule.at_least && rule.at_least > 1
            ? t`${rule.at_least} matches within ${rule.within_minutes} min`
            : t`every match`}
          {' · '}
          {toldOf(rule)}
        </p>
      </div>
      <div className="actions">
        <Switch
          className="switch"
          isSelected={rule.enabled ?? true}
          isDisabled={set.isPending}
          onChange={(enabled) => set.mutateAsync({ id: rule_id, body: { ...draft, enabled } }).catch(sayWhy)}
          aria-label={t`Alert of ${rule.name}`}
        >
          <span className="switch-track" aria-hidden="true" />
        </Switch>
        <Button onPress={() => setOpen(true)} aria-label={t`Change ${rule.name}`}>
          {t`Change`}
        </Button>
        <Button onPress={() => void drop()} aria-label={t`Remove ${rule.name}`}>
          {t`Remove`}
        </Button>
      </div>
      {open ? (
        <RuleDialog
          text={text ?? ''}
          title={t`Change the alert`}
          draft={draft}
          save={set}
          onSave={(body) =>
            set.mutate(
              { id: rule_id, body: { ...body, saved_search_id: rule.saved_search_id } },
              { onSuccess: () => setOpen(false) },
            )
          }
          onClose={() => setOpen(false)}
        />
      ) : null}
    </li>
  );
}

function toldOf(rule: AlertRule): string {
  const to = rule.recipients ?? [];
  const hooks = rule.hook_ids?.length ?? 0;
  if (!to.length && !hooks) return t`to the owners`;
  const chats = hooks ? plural(hooks, { one: '1 webhook or chat', other: `${hooks} webhooks and chats` }) : '';
  return t`to ${[...to, chats].filter(Boolean).join(', ')}`;
}
