/** The short video of an incident, with the tiles painted in step with it, and marks to jump to. */

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type RefObject, type SyntheticEvent, useEffect, useMemo, useRef, useState } from 'react';
import { usePlayable } from '../../api/playable';
import { useCameras } from '../../api/queries';
import type { IncidentDetail } from '../../api/types';
import { judgeIncident } from '../../live/judging';
import { CLIP_TIMES, describePainting, type Painting, Trails } from '../../live/trails';
import { FloorOverlay, pictureShape } from '../../parts/overlay';
import { PlayableOffer } from '../../parts/PlayableOffer';
import { useShortcuts } from '../../shell/shortcuts';
import { fromIso, SECOND } from '../../time';
import { ClipControls } from './ClipControls';
import { cameraOf } from './marks';

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

interface Props {
  incident: IncidentDetail;
  /** Filled with a function that jumps to a moment. */
  seek: RefObject<((at: string) => void) | null>;
}

export function Clip({ incident, seek }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const camera = cameraOf(incident);
  const cameras = useCameras();
  const seen = cameras.data?.find((other) => other.camera_id === camera);
  const scenes = useMemo(
    () => seen?.scenes.filter((scene) => scene.door_id === incident.door.door_id) ?? [],
    [seen, incident.door.door_id],
  );
  const trails = useMemo(() => {
    const made = new Trails(CLIP_TIMES);
    judgeIncident(made, camera, incident);
    return made;
  }, [incident, camera]);
  const { url, start, unplayable, refuse } = usePlayed(incident);
  const painting = usePainting(video, trails, start, url);
  const size = scenes[0]?.size ?? [16, 9];

  useEffect(() => {
    seek.current = (at) => {
      if (!video.current || start === null) return;
      video.current.currentTime = Math.max(0, (fromIso(at) - start) / SECOND - 0.5);
      video.current.play().catch(() => undefined);
    };
  }, [seek, start]);
  useShortcuts({
    Enter: () => {
      const element = video.current;
      if (!element) return;
      if (element.paused) element.play().catch(() => undefined);
      else element.pause();
    },
  });

  return (
    <div className="clip">
      <div className="picture" style={pictureShape(size)} data-painted={painting ? describePainting(painting) : ''}>
        {url ? (
          <video
            ref={video}
            aria-label={t`Video of the incident; Enter plays and stops it`}
            src={url}
            onError={refuse}
            poster={incident.picture_url ?? undefined}
            muted
            loop
            playsInline
            autoPlay={!calm()}
            preload="auto"
          />
        ) : incident.picture_url ? (
          <img src={incident.picture_url} alt={t`The door with the tiles painted: ${incident.reason}`} />
        ) : null}
        {url && start !== null ? <FloorOverlay scenes={scenes} painting={painting} /> : null}
        {incident.clip_url || incident.picture_url ? null : (
          <p className="picture-words" role="status">
            <Trans>The picture and the video are being cut from the recording; they appear here by themselves.</Trans>
          </p>
        )}
      </div>
      {url ? <ClipControls incident={incident} camera={camera} start={start} video={video} /> : null}
      {unplayable ? (
        <PlayableOffer
          of={{ incident: incident.incident_id }}
          why={t`This browser cannot play this camera's video (HEVC, mostly): here is the picture of it.`}
          label={t`Make a clip that plays here`}
        />
      ) : null}
    </div>
  );
}

/**
 * What is played: the clip as it was recorded, or, once this browser has refused that, the one that was made playable.
 * `unplayable` says that there is none yet; without a `url` only the picture is shown.
 */
function usePlayed(incident: IncidentDetail) {
  const [refused, setRefused] = useState<string | null>(null);
  const unplayable = refused !== null && refused === incident.clip_url;
  const made = usePlayable({ incident: incident.incident_id }, unplayable).data;
  const playable = unplayable && made?.state === 'ready';
  const refuse = (event: SyntheticEvent<HTMLVideoElement>) => {
    const code = event.currentTarget.error?.code;
    const notPlayed = code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED || code === MediaError.MEDIA_ERR_DECODE;
    if (notPlayed && !playable) setRefused(incident.clip_url);
  };
  if (playable) return { url: made.url, start: made.start_us, unplayable: false, refuse };
  return { url: unplayable ? null : incident.clip_url, start: incident.clip_start_us, unplayable, refuse };
}

/** What to paint over the frame that the clip shows. */
function usePainting(
  video: RefObject<HTMLVideoElement | null>,
  trails: Trails,
  start: number | null,
  url: string | null,
): Painting | null {
  const [painting, setPainting] = useState<Painting | null>(null);
  useEffect(() => {
    const element = video.current;
    if (!element || start === null || !url) return;
    let request = 0;
    const paint = (media: number) => setPainting(trails.at(start + Math.round(media * SECOND)));
    const frame = (_now: number, shown: VideoFrameCallbackMetadata) => {
      paint(shown.mediaTime);
      request = element.requestVideoFrameCallback(frame);
    };
    const moved = () => paint(element.currentTime);
    const exact = 'requestVideoFrameCallback' in element;
    if (exact) request = element.requestVideoFrameCallback(frame);
    element.addEventListener('timeupdate', moved);
    element.addEventListener('seeked', moved);
    return () => {
      if (exact) element.cancelVideoFrameCallback(request);
      element.removeEventListener('timeupdate', moved);
      element.removeEventListener('seeked', moved);
    };
  }, [video, trails, start, url]);
  return painting;
}
