/** A secret that is told this one time. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { Button } from '../../parts/basics';

export const KEPT_AS_HASH = t`It is shown this once: keep it now, the server stores only its hash.`;

/** Says `what` it is and shows it until it is put away. */
export function OnceShown({ what, secret, onClose }: { what: string; secret: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      setCopied(true);
    } catch {
      // Without HTTPS there is no clipboard: the text can still be selected.
      setCopied(false);
    }
  };
  return (
    <div className="once" role="alert">
      <p>{what}</p>
      <code className="secret">{secret}</code>
      <div className="actions">
        <Button tone="main" onPress={() => void copy()}>
          {copied ? t`Copied` : t`Copy`}
        </Button>
        <Button onPress={onClose}>{t`I have kept it`}</Button>
      </div>
    </div>
  );
}
