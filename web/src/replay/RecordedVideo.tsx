/** What one camera recorded at the playhead, with the floor painted in step with the picture that is really shown. */
import { t } from '@lingui/core/macro';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { type TimelineCamera, type Tracks, useTracks } from '../api/timeline';
import { describePainting, type Painting, REPLAY_TIMES, Trails } from '../live/trails';
import { FloorOverlay, pictureShape } from '../parts/overlay';
import { type Micros, SECOND } from '../time';
import { pictureAddress } from './footage';
import { ReplayPlayer, type ReplayState } from './player';
import type { Playhead } from './playhead';
import { usePlayhead } from './usePlayhead';

interface Props {
  camera: TimelineCamera;
  playhead: Playhead;
  /** Whether floor, people and ways are drawn over it. */
  painted: boolean;
  /** Filled with the player while there is one. */
  player: RefObject<ReplayPlayer | null>;
}

export function RecordedVideo({ camera, playhead, painted, player }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const at = usePlayhead(playhead).at;
  const [shown, setShown] = useState<Micros | null>(null);
  const { state, trouble } = usePlayer(camera.camera_id, playhead, video, player, setShown);
  const tracks = useTracks(camera.camera_id, at);
  const trails = useMemo(() => trailsOf(tracks), [tracks]);
  // Still pictures are of the second, so that moving on does not ask for thirty a second.
  const pictured = state === 'stills' ? Math.floor(at / SECOND) * SECOND : shown;
  const painting = useMemo(
    () => (pictured === null || state === 'gap' || !painted ? null : trails.at(pictured)),
    [trails, pictured, state, painted],
  );
  const size = camera.scenes[0]?.size ?? ([16, 9] as const);
  const words = wordsOf(state, trouble, camera);
  return (
    <figure className="recorded">
      <div
        className="picture"
        style={pictureShape(size)}
        data-state={state}
        data-at={pictured ?? ''}
        data-painted={painting ? describePainting(painting) : ''}
      >
        <video ref={video} muted playsInline aria-label={t`Recording of ${camera.name}`} />
        {state === 'stills' ? (
          <img
            src={pictureAddress(camera.camera_id, Math.floor(at / SECOND) * SECOND, 1280)}
            alt={t`What ${camera.name} recorded`}
          />
        ) : null}
        {painted && state !== 'gap' ? <FloorOverlay scenes={camera.scenes} painting={painting as Painting} /> : null}
        {words ? (
          <p className="picture-words" role="status">
            {words}
          </p>
        ) : null}
      </div>
      <figcaption>{camera.name}</figcaption>
    </figure>
  );
}

function usePlayer(
  camera: string,
  playhead: Playhead,
  video: RefObject<HTMLVideoElement | null>,
  kept: RefObject<ReplayPlayer | null>,
  onShown: (at: Micros | null) => void,
): { state: ReplayState; trouble: string } {
  const [state, setState] = useState<{ state: ReplayState; trouble: string }>({ state: 'loading', trouble: '' });
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const player = new ReplayPlayer(element, camera, playhead.at, () => {
      setState({ state: player.state, trouble: player.trouble });
      playhead.hold(player, player.state === 'loading');
    });
    kept.current = player;
    setState({ state: player.state, trouble: player.trouble });
    playhead.hold(player, player.state === 'loading');
    const follow = () => player.follow(playhead.at, playhead.playing, playhead.rate);
    const stopFollowing = playhead.subscribe(follow);
    // While the playhead stands still, video may still come.
    const timer = setInterval(follow, 250);
    let request = 0;
    const frame = (_now: number, presented: VideoFrameCallbackMetadata) => {
      onShown(player.utc(presented.mediaTime));
      request = element.requestVideoFrameCallback(frame);
    };
    if ('requestVideoFrameCallback' in element) request = element.requestVideoFrameCallback(frame);
    const moved = () => onShown(player.pictureAt(player.utc(element.currentTime)) ?? player.utc(element.currentTime));
    element.addEventListener('seeked', moved);
    follow();
    return () => {
      clearInterval(timer);
      stopFollowing();
      if ('cancelVideoFrameCallback' in element) element.cancelVideoFrameCallback(request);
      element.removeEventListener('seeked', moved);
      playhead.hold(player, false);
      player.close();
      kept.current = null;
    };
  }, [camera, playhead, video, kept, onShown]);
  return state;
}

/** What the pieces of the store and the analyzer say, as trails. */
export function trailsOf(pieces: readonly Tracks[]): Trails {
  const trails = new Trails(REPLAY_TIMES);
  const frames = pieces.flatMap((piece) => piece.frames).sort((a, b) => a.at_us - b.at_us);
  for (const frame of frames) {
    trails.see({ kind: 'people', camera_id: '', at_us: frame.at_us, people: frame.people as never });
  }
  for (const crossing of pieces.flatMap((piece) => piece.crossings)) trails.judge(crossing);
  return trails;
}

function wordsOf(state: ReplayState, trouble: string, camera: TimelineCamera): string {
  if (state === 'loading') return t`Loading the recording…`;
  if (state === 'failed') return trouble || t`The recording cannot be had now; the page tries again by itself.`;
  if (state === 'stills') return t`Still pictures: this browser cannot play this camera's video.`;
  if (state !== 'gap') return '';
  return camera.blurred
    ? t`Of this camera only blurred evidence of incidents is kept.`
    : t`No recording of this time: the camera was away, or it was deleted already.`;
}
