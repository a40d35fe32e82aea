/** A long list of which a portion is drawn, and more of it when asked for: what stands below it stays within reach. */
import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Button } from './basics';

const PORTION = 40;

interface Props<Item> {
  items: readonly Item[];
  /** What the items are called, in the plural. */
  what: string;
  /** The list of the items that are drawn. */
  children: (portion: readonly Item[]) => ReactNode;
}

export function Portion<Item>({ items, what, children }: Props<Item>) {
  const [most, setMost] = useState(PORTION);
  const left = items.length - most;
  return (
    <>
      {children(items.slice(0, most))}
      {left > 0 ? (
        <p className="portion">
          <span className="soft small">
            <Trans>
              {most} of {items.length} {what} are shown
            </Trans>
          </span>
          <Button onPress={() => setMost(most + PORTION)}>
            <Trans>Show {Math.min(PORTION, left)} more</Trans>
          </Button>
        </p>
      ) : null}
    </>
  );
}
