/** One camera live: its video, or still pictures where that cannot be played, with the floor grid painted in step. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef, useState } from 'react';
import type { Camera } from '../api/types';
import { FloorOverlay, pictureShape } from '../parts/overlay';
import { SECOND } from '../time';
import { codecName } from './codecs';
import { describePainting } from './trails';
import { type Shown, useLive } from './useLive';

/** A picture a second, for browsers that cannot play the camera's video. */
function Stills({ camera }: { camera: Camera }) {
  const [n, setN] = useState(0);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setN((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <img
      className={`stills ${failed ? 'failed' : ''}`}
      alt={t`${camera.name}, a second ago`}
      src={`/api/cameras/${encodeURIComponent(camera.camera_id)}/snapshot.jpg?n=${n}`}
      onError={() => setFailed(true)}
      onLoad={() => setFailed(false)}
    />
  );
}

function videoWords(camera: Camera, { state, unplayable }: Shown): string | null {
  if (state === 'playing') return null;
  if (!camera.enabled) return t`This camera is switched off on the Doors page.`;
  if (camera.status.code >= 400) return camera.status.message;
  if (state === 'stills') {
    const codec = codecName(unplayable ?? 'avc1');
    return codec === 'H.264'
      ? t`Still pictures, one a second: this browser cannot play H.264 video.`
      : t`Still pictures, one a second: this browser cannot play ${codec} video. With a sub-stream in H.264 it would be live.`;
  }
  return t`Waiting for video…`;
}

export function LiveVideo({ camera }: { camera: Camera }) {
  const video = useRef<HTMLVideoElement>(null);
  const live = useLive(camera, video);
  const { state, painting, at } = live;
  const size = camera.scenes[0]?.size ?? ([camera.width ?? 16, camera.height ?? 9] as const);
  const words = videoWords(camera, live);
  const lag = at === null ? null : (Date.now() * 1000 - at) / SECOND;
  return (
    <div
      className="picture live"
      style={pictureShape(size)}
      data-state={state}
      data-painted={painting ? describePainting(painting) : ''}
    >
      <video ref={video} muted playsInline autoPlay aria-label={t`Live video of ${camera.name}`} />
      {state === 'stills' ? <Stills camera={camera} /> : null}
      <FloorOverlay scenes={camera.scenes} painting={painting} />
      {words ? (
        <p className="picture-words" role="status">
          {words}
        </p>
      ) : null}
      {lag !== null && lag > 0 && lag < 60 && state === 'playing' ? (
        <span className="lag" title={t`How far the picture lies behind this computer's clock`}>
          <Trans>{lag.toFixed(1)} s behind</Trans>
        </span>
      ) : null}
    </div>
  );
}
