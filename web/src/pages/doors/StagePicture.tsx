/** What a scene is drawn on: a still picture, and over it the camera's live video while that is wanted and plays. */
import { type CSSProperties, type RefObject, useEffect, useRef } from 'react';
import type { Camera } from '../../api/types';
import { type Shown, useLive } from '../../live/useLive';
import type { Seen } from './sceneTracks';

interface Props {
  camera: Camera;
  /** Address of the still picture. */
  picture: string;
  live: boolean;
  style: CSSProperties;
  onSize: (size: readonly [number, number] | null) => void;
  /** Another still is wanted: live video does not play, or not yet. */
  onAgain: () => void;
  onPeople: (people: readonly Seen[]) => void;
  onState: (state: Shown['state'] | 'held') => void;
  /** The video that plays, for whoever wants to look at it closely. */
  video: RefObject<HTMLVideoElement | null>;
}

/** Milliseconds from one still to the next, and until it is tried again when none came. */
const NEXT = 1000;
const RETRY = 5000;

export function StagePicture({ camera, picture, live, style, onSize, onAgain, onPeople, onState, video }: Props) {
  const playing = useRef(false);
  const next = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (!live) onState('held');
    return () => clearTimeout(next.current);
  }, [live, onState]);
  const later = (wait: number) => {
    clearTimeout(next.current);
    if (live) next.current = setTimeout(() => !playing.current && onAgain(), wait);
  };
  return (
    <>
      <img
        alt=""
        src={picture}
        style={style}
        onLoad={(event) => {
          onSize([event.currentTarget.naturalWidth, event.currentTarget.naturalHeight]);
          later(NEXT);
        }}
        onError={() => {
          onSize(null);
          later(RETRY);
        }}
      />
      {live ? (
        <LiveLayer
          camera={camera}
          video={video}
          style={style}
          onPeople={onPeople}
          onState={(state) => {
            playing.current = state === 'playing';
            if (!playing.current) later(NEXT);
            onState(state);
          }}
        />
      ) : null}
    </>
  );
}

type LayerProps = Pick<Props, 'camera' | 'style' | 'onPeople' | 'onState' | 'video'>;

function LiveLayer({ camera, style, onPeople, onState, video }: LayerProps) {
  const { state, painting } = useLive(camera, video);
  const told = useRef({ onPeople, onState });
  told.current = { onPeople, onState };
  useEffect(() => told.current.onState(state), [state]);
  useEffect(() => told.current.onPeople(painting?.people ?? []), [painting]);
  return (
    <video
      ref={video}
      className={state === 'playing' ? '' : 'waiting'}
      style={style}
      muted
      playsInline
      autoPlay
      aria-hidden="true"
      tabIndex={-1}
    />
  );
}
