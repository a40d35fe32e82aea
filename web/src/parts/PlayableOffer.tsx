/** Where a browser cannot play what was recorded: says so, and has a clip made that it can. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { isBeingMade, type PlayableOf, useMakePlayable, usePlayable } from '../api/playable';
import { Button } from './basics';

interface Props {
  of: PlayableOf;
  /** Why the offer is made, as a sentence. */
  why: string;
  /** What the button says. */
  label: string;
}

export function PlayableOffer({ of, why, label }: Props) {
  const found = usePlayable(of, true);
  const make = useMakePlayable(of);
  const one = found.data;
  const failed = make.error?.message ?? found.error?.message ?? (one?.state === 'failed' ? one.message : null);
  if (isBeingMade(one)) {
    return (
      <div className="playable-offer">
        <label className="export-progress">
          <span role="status">
            {one?.state === 'waiting' ? t`The clip waits for another one` : t`The clip is being made`}
          </span>
          <progress max={100} value={one?.state === 'waiting' ? undefined : one?.progress} />
        </label>
      </div>
    );
  }
  return (
    <div className="playable-offer">
      <p role="status">{why}</p>
      {failed ? (
        <p className="failure-text" role="alert">
          <Trans>The clip could not be made: {failed}</Trans>
        </p>
      ) : null}
      <Button onPress={() => make.mutate()} isPending={make.isPending}>
        {label}
      </Button>
    </div>
  );
}
