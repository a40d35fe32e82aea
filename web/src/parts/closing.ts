/**
 * A dialog that an answer closes. Whoever closes it before the answer is there, and opens it again, has another dialog
 * before them by then: the answer to the first one must not take it away.
 */
import { useEffect, useRef } from 'react';

/** Closes what stands, once, and nothing after it has gone. */
export class Standing {
  private stands = false;

  /** It stands from now on; what is given back ends that. */
  readonly begin = (): (() => void) => {
    this.stands = true;
    return () => {
      this.stands = false;
    };
  };

  /** Close it, unless it is gone already. */
  close(how: () => void): void {
    if (this.stands) how();
    this.stands = false;
  }
}

/** What an answer calls to close the dialog that asked; the dialog is one of its own each time that it is opened. */
export function useCloses(onClose: () => void): () => void {
  const standing = useRef<Standing>(null);
  standing.current ??= new Standing();
  const here = standing.current;
  useEffect(() => here.begin(), [here]);
  return () => here.close(onClose);
}
