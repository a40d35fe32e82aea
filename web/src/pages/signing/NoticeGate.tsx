/** The account has a usage notice: until it is accepted, nothing else is shown. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useAcceptNotice, useNotice } from '../../api/notice';
import { useSignOut } from '../../api/queries';
import type { Session } from '../../api/types';
import { Button, Failure, Loading } from '../../parts/basics';
import { SigningBox, Trouble } from './Box';

export function NoticeGate({ session }: { session: Session }) {
  const notice = useNotice();
  const accept = useAcceptNotice();
  const signOut = useSignOut();
  const version = notice.data?.version;
  return (
    <SigningBox title={t`Before you go on`} wide>
      {notice.isPending ? <Loading what={t`the usage notice`} /> : null}
      {notice.isError ? <Failure error={notice.error} retry={() => void notice.refetch()} /> : null}
      {notice.data ? (
        <>
          <p className="soft">
            <Trans>{session.account.name} asks everybody to read and accept this:</Trans>
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled with the keyboard, too */}
          <section className="usage-notice" aria-label={t`Usage notice`} tabIndex={0}>
            {notice.data.text}
          </section>
          <Trouble error={accept.error} />
          <Button
            tone="main"
            isDisabled={!version}
            onPress={() => version && accept.mutate(version)}
            isPending={accept.isPending}
          >
            {t`I accept`}
          </Button>
        </>
      ) : null}
      <Button onPress={() => signOut.mutate()}>{t`Sign out`}</Button>
    </SigningBox>
  );
}
