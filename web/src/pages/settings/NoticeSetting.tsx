/** What an owner has everybody accept before they use the account. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { Label, TextArea, TextField } from 'react-aria-components';
import { useNotice, useSetNotice } from '../../api/notice';
import { Button, Clock, Failure, Loading, Refusal, refusalShown } from '../../parts/basics';
import { say } from '../../shell/ask';

export function NoticeSetting() {
  const notice = useNotice();
  const set = useSetNotice();
  const [text, setText] = useState<string | null>(null);
  if (notice.isPending) return <Loading what={t`the usage notice`} />;
  if (notice.isError) return <Failure error={notice.error} retry={() => void notice.refetch()} />;
  const kept = notice.data.text ?? '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutateAsync(text ?? kept).then(({ text: now }) => {
      setText(null);
      say(now ? t`Everybody else is asked to accept it before they go on.` : t`Nothing has to be accepted any more.`);
    }, refusalShown);
  };
  return (
    <form onSubmit={submit} className="line-form">
      <TextField value={text ?? kept} onChange={setText} maxLength={20000} className="wide-field">
        <Label>
          <Trans>Usage notice that everybody accepts before anything else; empty for none</Trans>
        </Label>
        <TextArea rows={4} />
      </TextField>
      <Button type="submit" isDisabled={(text ?? kept).trim() === kept} isPending={set.isPending}>
        {t`Save the notice`}
      </Button>
      {notice.data.set_at ? (
        <p className="soft small">
          <Trans>
            Version {notice.data.version}, of <Clock at={notice.data.set_at} />. A change asks everybody again.
          </Trans>
        </p>
      ) : null}
      <Refusal of={set} />
    </form>
  );
}
