/** Over the strip: the time under the pointer, and what the first camera that recorded then saw. */
import { useEffect, useState } from 'react';
import type { TimelineCamera } from '../../api/timeline';
import { Clock } from '../../parts/basics';
import { pictureAddress } from '../../replay/footage';
import { spanAt } from '../../replay/spans';
import { type Micros, SECOND } from '../../time';

const WAIT_MS = 120;
const WIDTH = 220;

interface Props {
  at: Micros;
  left: number;
  width: number;
  cameras: readonly TimelineCamera[];
}

export function Hover({ at, left, width, cameras }: Props) {
  // Of the second, so that a browser that has been here before needs to ask nobody.
  const second = Math.round(at / SECOND) * SECOND;
  const [asked, setAsked] = useState<Micros | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(second), WAIT_MS);
    return () => clearTimeout(timer);
  }, [second]);
  const camera = asked === null ? undefined : cameras.find((one) => spanAt(one.recorded, asked));
  return (
    <div
      className="strip-hover"
      ref={(element) =>
        element?.style.setProperty('--x', `${Math.max(4, Math.min(width - WIDTH - 4, left - WIDTH / 2))}px`)
      }
    >
      {camera && asked !== null ? (
        <img
          src={pictureAddress(camera.camera_id, asked, 240)}
          alt=""
          onError={(event) => event.currentTarget.classList.add('failed')}
          onLoad={(event) => event.currentTarget.classList.remove('failed')}
        />
      ) : null}
      <Clock at={at} />
    </div>
  );
}
