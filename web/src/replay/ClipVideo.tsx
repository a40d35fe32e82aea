/** A clip that was made playable, at the playhead: it stands in for the recording while the playhead is within it. */
import { t } from '@lingui/core/macro';
import { useEffect, useRef } from 'react';
import type { Playable } from '../api/playable';
import { type Micros, SECOND } from '../time';
import type { Playhead } from './playhead';

interface Props {
  clip: Playable;
  name: string;
  playhead: Playhead;
  /** Told the capture time of each picture that is shown. */
  onShown: (at: Micros) => void;
}

/** So far the video may be off the playhead while it plays, in seconds. */
const OFF = 0.25;

export function ClipVideo({ clip, name, playhead, onShown }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const start = clip.start_us ?? 0;
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const follow = () => {
      // A hair inside of the picture: its own time is rounded.
      const target = Math.max(0, (playhead.at - start) / SECOND + 0.0005);
      const off = target - element.currentTime;
      if (!playhead.playing) {
        if (!element.paused) element.pause();
        if (Math.abs(off) > 0.0002) element.currentTime = target;
        return;
      }
      if (Math.abs(off) > OFF * Math.max(1, playhead.rate)) element.currentTime = target;
      element.playbackRate = playhead.rate;
      if (element.paused) element.play().catch(() => undefined);
    };
    const stop = playhead.subscribe(follow);
    const stopPainting = eachPicture(element, (media) => onShown(start + Math.round(media * SECOND)));
    element.addEventListener('loadedmetadata', follow);
    follow();
    return () => {
      stop();
      stopPainting();
      element.removeEventListener('loadedmetadata', follow);
    };
  }, [playhead, start, onShown]);
  return (
    <video
      ref={video}
      src={clip.url ?? undefined}
      muted
      playsInline
      preload="auto"
      aria-label={t`Playable clip of ${name}`}
    />
  );
}

/** Calls back with the media time of each picture that is shown. */
export function eachPicture(video: HTMLVideoElement, call: (media: number) => void): () => void {
  let request = 0;
  const exact = 'requestVideoFrameCallback' in video;
  const frame = (_now: number, shown: VideoFrameCallbackMetadata) => {
    call(shown.mediaTime);
    request = video.requestVideoFrameCallback(frame);
  };
  if (exact) request = video.requestVideoFrameCallback(frame);
  const moved = () => call(video.currentTime);
  const events = exact ? ['seeked'] : ['seeked', 'timeupdate'];
  for (const name of events) video.addEventListener(name, moved);
  return () => {
    if (exact) video.cancelVideoFrameCallback(request);
    for (const name of events) video.removeEventListener(name, moved);
  };
}
