/** A long list of which a portion is drawn, and more of it when asked for: what stands below it stays within reach. */
import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Button } from './basics';

const PORTION = 40;

interface Props<Item> {
  items: readonly Item[];
  className: string;
  /** What the items are called, in the plural. */
  what: string;
  row: (item: Item) => ReactNode;
}

export function Portion<Item>({ items, className, what, row }: Props<Item>) {
  const [most, setMost] = useState(PORTION);
  const left = items.length - most;
  return (
    <>
      <ul className={className}>{items.slice(0, most).map(row)}</ul>
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
