/** What one camera recorded at the playhead, with the floor painted in step with the picture that is really shown. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { type Playable, usePlayable } from '../api/playable';
import { type TimelineCamera, type Tracks, useTracks } from '../api/timeline';
import { codecName } from '../live/codecs';
import { describePainting, type Painting, REPLAY_TIMES, Trails } from '../live/trails';
import { Clock } from '../parts/basics';
import { FloorOverlay, pictureShape } from '../parts/overlay';
import { PlayableOffer } from '../parts/PlayableOffer';
import { type Micros, SECOND } from '../time';
import { ClipVideo } from './ClipVideo';
import { pictureAddress } from './footage';
import { PIECE_STEP, type Piece, pieceAround } from './piece';
import { ReplayPlayer, type ReplayState } from './player';
import type { Playhead } from './playhead';
import { usePlayhead } from './usePlayhead';

interface Playing {
  state: ReplayState;
  trouble: string;
  unplayable: string | null;
}

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
  const { state, trouble, unplayable } = usePlayer(camera.camera_id, playhead, video, player, setShown);
  const tracks = useTracks(camera.camera_id, at);
  const trails = useMemo(() => trailsOf(tracks), [tracks]);
  const { clip, piece } = useClip(camera.camera_id, at, state === 'stills' && unplayable !== null);
  // Still pictures are of the second, so that moving on does not ask for thirty a second.
  const pictured = state === 'stills' && !clip ? Math.floor(at / SECOND) * SECOND : shown;
  const painting = useMemo(
    () => (pictured === null || state === 'gap' || !painted ? null : trails.at(pictured)),
    [trails, pictured, state, painted],
  );
  const size = camera.scenes[0]?.size ?? ([16, 9] as const);
  const words = state === 'stills' && unplayable ? '' : wordsOf(state, trouble, camera);
  return (
    <figure className="recorded">
      <div
        className="picture"
        style={pictureShape(size)}
        data-state={clip ? 'clip' : state}
        data-at={pictured ?? ''}
        data-painted={painting ? describePainting(painting) : ''}
      >
        <video ref={video} muted playsInline aria-label={t`Recording of ${camera.name}`} />
        {clip ? <ClipVideo clip={clip} name={camera.name} playhead={playhead} onShown={setShown} /> : null}
        {state === 'stills' && !clip ? (
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
      {state === 'stills' && unplayable ? (
        <Unplayable codec={codecName(unplayable)} camera={camera.camera_id} piece={piece} clip={clip} />
      ) : null}
    </figure>
  );
}

/** Says what this browser cannot play, and has a piece of it made playable, or tells how far that one goes. */
function Unplayable({
  codec,
  camera,
  piece,
  clip,
}: {
  codec: string;
  camera: string;
  piece: Piece;
  clip: Playable | null;
}) {
  if (clip) {
    return (
      <div className="playable-offer soft small">
        <p role="status">
          <Trans>
            A clip made for this browser, from <Clock at={clip.start_us ?? 0} /> to <Clock at={clip.until_us ?? 0} />.{' '}
            <a href={clip.url ?? undefined} download={`${camera}.mp4`}>
              Save it
            </a>
          </Trans>
        </p>
      </div>
    );
  }
  const seconds = Math.round((piece.until - piece.from) / SECOND);
  return (
    <PlayableOffer
      of={{ camera, ...piece }}
      why={t`Still pictures, one a second: this browser cannot play ${codec} video.`}
      label={t`Make ${seconds} seconds playable`}
    />
  );
}

/** The playable clip that shows a moment, if there is one, and the piece of recording to make one of. */
function useClip(camera: string, at: Micros, wanted: boolean): { clip: Playable | null; piece: Piece } {
  // Kept, since the end of a fresh piece would run away from the clip that was made of it.
  const pieces = useRef(new Map<number, Piece>());
  const half = Math.floor(at / PIECE_STEP);
  const pieceOf = (number: number): Piece => {
    const known = pieces.current.get(number) ?? pieceAround(number * PIECE_STEP, Date.now() * 1000);
    pieces.current.set(number, known);
    return known;
  };
  const piece = pieceOf(half);
  const found = [
    usePlayable({ camera, ...piece }, wanted).data,
    usePlayable({ camera, ...pieceOf(half - 1) }, wanted).data,
  ];
  const shows = (one: Playable | undefined) =>
    one?.state === 'ready' && (one.start_us ?? 0) <= at && at < (one.until_us ?? 0);
  return { clip: wanted ? (found.find(shows) ?? null) : null, piece };
}

function usePlayer(
  camera: string,
  playhead: Playhead,
  video: RefObject<HTMLVideoElement | null>,
  kept: RefObject<ReplayPlayer | null>,
  onShown: (at: Micros | null) => void,
): Playing {
  const [state, setState] = useState<Playing>({ state: 'loading', trouble: '', unplayable: null });
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const player = new ReplayPlayer(element, camera, playhead.at, () => {
      setState({ state: player.state, trouble: player.trouble, unplayable: player.unplayable });
      playhead.hold(player, player.state === 'loading');
    });
    kept.current = player;
    setState({ state: player.state, trouble: player.trouble, unplayable: player.unplayable });
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
