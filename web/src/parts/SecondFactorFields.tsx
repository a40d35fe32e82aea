/** Where a second factor is asked for: a code, or a passkey where the person has one. */
import { t } from '@lingui/core/macro';
import { useState } from 'react';
import { useFactors } from '../api/factors';
import { askOwnPasskey, canAskPasskeys, type PasskeyAnswer } from '../api/passkeys';
import { Button } from './basics';
import { CodeField } from './CodeField';

interface Props {
  code: string;
  onCode: (code: string) => void;
  /** Asks a passkey; null for a person without. */
  askPasskey: (() => Promise<PasskeyAnswer>) | null;
  onPasskey: (answer: PasskeyAnswer) => void;
  autoFocus?: boolean;
}

export function SecondFactorFields({ code, onCode, askPasskey, onPasskey, autoFocus = false }: Props) {
  const [asking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<Error | null>(null);
  const ask = async (passkey: () => Promise<PasskeyAnswer>) => {
    setAsking(true);
    setTrouble(null);
    try {
      onPasskey(await passkey());
    } catch (error) {
      setTrouble(error as Error);
    }
    setAsking(false);
  };
  if (!askPasskey || !canAskPasskeys()) return <CodeField value={code} onChange={onCode} autoFocus={autoFocus} />;
  return (
    <>
      <Button onPress={() => void ask(askPasskey)} isPending={asking} autoFocus={autoFocus}>
        {t`Use a passkey`}
      </Button>
      {trouble ? (
        <p className="failure-text" role="alert">
          {trouble.message}
        </p>
      ) : null}
      <CodeField value={code} onChange={onCode} label={t`Or a code: of your authenticator app, or a recovery code`} />
    </>
  );
}

/** How one's own passkeys are asked while one is signed in; null where there are none. */
export function useOwnPasskey(wanted: boolean): (() => Promise<PasskeyAnswer>) | null {
  const factors = useFactors(wanted);
  return factors.data?.passkeys.length ? askOwnPasskey : null;
}
