/** The public key with which exported evidence is verified: to compare, and to hand on by another way. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEvidenceKey } from '../../api/exports';
import { Failure, Loading } from '../../parts/basics';

export function EvidenceKey() {
  const key = useEvidenceKey();
  return (
    <>
      <h2>{t`Key of exported evidence`}</h2>
      <p className="soft">
        <Trans>
          Exported evidence is signed. Whoever gets it can verify it without this server, with this public key: give
          them the key, or read the fingerprint to them, by another way than the evidence.
        </Trans>
      </p>
      {key.isPending ? <Loading what={t`the key`} /> : null}
      {key.isError ? <Failure error={key.error} retry={() => void key.refetch()} /> : null}
      {key.data ? (
        <>
          <p>
            <code className="fingerprint">{key.data.fingerprint}</code>
          </p>
          <p>
            <a href="/api/evidence-key/public-key.pem" download>{t`Public key (PEM)`}</a>
          </p>
        </>
      ) : null}
    </>
  );
}
