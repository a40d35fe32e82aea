/** The links in mails that show this incident without signing in: whose, until when, how often opened; ending one. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type MailLink, useMailLinks, useRevokeMailLink } from '../../api/alerts';
import { useSession } from '../../api/queries';
import { Button, Clock } from '../../parts/basics';
import { ask, sayWhy } from '../../shell/ask';

export function MailLinks({ incidentId }: { incidentId: string }) {
  const links = useMailLinks(incidentId).data ?? [];
  if (!links.length) return null;
  return (
    <details className="mail-links">
      <summary>{t`Links without signing in (${links.length})`}</summary>
      <ul className="lines">
        {links.map((link) => (
          <Line key={link.link_id} link={link} incidentId={incidentId} />
        ))}
      </ul>
    </details>
  );
}

function Line({ link, incidentId }: { link: MailLink; incidentId: string }) {
  const mayEnd = useSession().data?.permissions.includes('manage') ?? false;
  const revoke = useRevokeMailLink();
  const end = async () => {
    if (await ask(t`End this link?`, t`${link.recipient} can't open the incident by it any more.`, t`End it`)) {
      revoke.mutateAsync({ incidentId, linkId: link.link_id }).catch(sayWhy);
    }
  };
  return (
    <li>
      <div>
        {link.recipient} <span className="soft small">{kindOf(link)}</span>
        <p className="soft small">
          {link.opened_at ? (
            <Trans>
              opened {link.opened} times, last <Clock at={link.opened_at} />
            </Trans>
          ) : (
            t`not opened yet`
          )}
          {' · '}
          <Until link={link} />
        </p>
      </div>
      {link.works && mayEnd ? (
        <Button onPress={() => void end()} aria-label={t`End the link to ${link.recipient}`}>
          {t`End it`}
        </Button>
      ) : null}
    </li>
  );
}

function kindOf(link: MailLink): string {
  if (!link.made_by) return t`in a mail`;
  return link.password ? t`made by ${link.made_by}, with a password` : t`made by ${link.made_by}`;
}

function Until({ link }: { link: MailLink }) {
  if (link.revoked_at) {
    return (
      <Trans>
        ended by {link.revoked_by} <Clock at={link.revoked_at} />
      </Trans>
    );
  }
  return (
    <Trans>
      until <Clock at={link.until} />
    </Trans>
  );
}
