/** What was found as a file: a table or a document, with what it holds and what it leaves out. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../parts/basics';

export function Files({ text, site }: { text: string; site?: string }) {
  const [open, setOpen] = useState(false);
  const limits = useId();
  const first = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (open) first.current?.focus();
  }, [open]);
  if (!open) return <Button onPress={() => setOpen(true)}>{t`Save results`}</Button>;
  const query = new URLSearchParams({ q: text, ...(site ? { site_id: site } : {}) });
  return (
    <section className="save-results" aria-label={t`Save results`}>
      <p id={limits}>
        <Trans>
          The newest 50,000 moments that match, with the names of people. Where there are more, the end of the file says
          so. That you saved them is noted in the audit trail.
        </Trans>
      </p>
      <a ref={first} className="button" href={`/api/search/results.csv?${query}`} download aria-describedby={limits}>
        <Trans>Table (CSV)</Trans>
      </a>
      <a className="button" href={`/api/search/results.json?${query}`} download aria-describedby={limits}>
        <Trans>Document (JSON)</Trans>
      </a>
      <Button onPress={() => setOpen(false)}>{t`Close`}</Button>
    </section>
  );
}
