/** In the row of the door where somebody just badged: the cameras, first those that saw somebody then. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef } from 'react';
import type { Camera } from '../../api/types';
import { Button, Clock } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { type Badge, sightings } from './badge';

interface Props {
  door: string;
  badge: Badge;
  /** The camera that is believed at this door, if any is mapped. */
  seenBy: Camera | undefined;
  cameras: readonly Camera[];
  crossed: ReadonlyMap<string, number>;
  onPick: (id: string) => void;
  onClose: () => void;
}

const MOST = 6;

export function BadgeOffer({ door, badge, seenBy, cameras, crossed, onPick, onClose }: Props) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'center' });
    box.current?.focus({ preventScroll: true });
  }, []);
  const offered = sightings(cameras, badge, crossed).slice(0, MOST);
  const anybody = offered.some((one) => one.after !== null);
  return (
    <section className="badge-offer" ref={box} tabIndex={-1} aria-label={t`Cameras for ${door}`}>
      <p>
        <Shape name="card" />{' '}
        <Trans>
          <strong>{badge.who ?? t`Somebody`}</strong> badged here at <Clock at={badge.at} day="never" />.{' '}
          {seenBy
            ? ''
            : offered.length
              ? anybody
                ? t`Who was seen then:`
                : t`No camera has told of anybody yet:`
              : t`No other camera is left.`}
        </Trans>
      </p>
      {seenBy ? <Proof camera={seenBy} badge={badge} /> : null}
      {seenBy && offered.length ? <p className="soft small">{t`Another camera that sees this door:`}</p> : null}
      <ul className="badge-cameras">
        {offered.map(({ camera, after }) => (
          <li key={camera.camera_id}>
            <Button
              className={after === null ? '' : 'seen'}
              onPress={() => onPick(camera.camera_id)}
              aria-label={t`Map ${camera.name} to ${door}`}
            >
              <img src={`/api/cameras/${encodeURIComponent(camera.camera_id)}/snapshot.jpg`} alt="" />
              <span>{camera.name}</span>
              <span className="small soft">{after === null ? t`nobody seen` : t`somebody ${seconds(after)}`}</span>
            </Button>
          </li>
        ))}
      </ul>
      <Button onPress={onClose}>{t`Done`}</Button>
    </section>
  );
}

function seconds(after: number): string {
  const whole = Math.round(Math.abs(after) / 1_000_000);
  return whole === 0 ? t`at that moment` : `${whole} s ${after < 0 ? t`before` : t`later`}`;
}

/** The mapped camera's picture of that moment: whoever badged should be in it. */
function Proof({ camera, badge }: { camera: Camera; badge: Badge }) {
  if (!badge.picture) {
    return (
      <p role="status" className="soft">
        <Trans>
          Waiting for the picture of {camera.name}…
          {camera.status.code === 200 ? '' : t` It is not online: ${camera.status.message || t`nobody reads it`}.`}
        </Trans>
      </p>
    );
  }
  return (
    <figure className="badge-proof">
      <img src={badge.picture} alt={t`What ${camera.name} saw when somebody badged`} />
      <figcaption className="small">
        <Trans>
          {camera.name} at that moment. Whoever badged is in it: the mapping is right. Somebody else, or nobody: choose
          another camera, or look at the clocks of both systems.
        </Trans>
      </figcaption>
    </figure>
  );
}
