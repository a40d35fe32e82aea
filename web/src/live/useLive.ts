/** Feeds a video element with a camera's live stream, and says what to paint over each frame that it shows. */
import { useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { useNews } from '../api/events';
import type { Camera, Moment } from '../api/types';
import { type Micros, SECOND } from '../time';
import { canPlay } from './codecs';
import { judgeIncident, judgeMoment } from './judging';
import { LivePlayer, type PlayerState } from './player';
import { liveSocket } from './socket';
import { type Painting, Trails } from './trails';

export interface Shown {
  state: PlayerState | 'stills';
  painting: Painting | null;
  /** Capture time of what is on screen. */
  at: Micros | null;
  /** The codec that this browser does not play, where still pictures stand in for it. */
  unplayable: string | null;
}

export function useLive(camera: Camera, video: RefObject<HTMLVideoElement | null>): Shown {
  const cache = useQueryClient();
  const id = camera.camera_id;
  const trails = useRef(new Trails());
  const [state, setState] = useState<Shown['state']>('waiting');
  const [painting, setPainting] = useState<Painting | null>(null);
  const [at, setAt] = useState<Micros | null>(null);
  const [unplayable, setUnplayable] = useState<string | null>(null);

  useNews('moment', (moment) => judgeMoment(trails.current, id, moment));
  useNews('incident', (incident) => judgeIncident(trails.current, id, incident));

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    trails.current = new Trails();
    for (const moment of cache.getQueryData<Moment[]>(['moments'])?.slice(0, 40) ?? []) {
      judgeMoment(trails.current, id, moment);
    }
    const playable = typeof MediaSource !== 'undefined';
    const player = playable ? new LivePlayer(element, setState) : null;
    if (!player) setState('stills');
    let stills = !player;
    let newest: Micros | null = null;
    const stop = liveSocket.watch(id, (frame) => {
      if (frame.kind === 'people') {
        trails.current.see(frame);
        newest = frame.at_us;
        return;
      }
      if (frame.kind === 'init' && !canPlay(frame.codec)) {
        stills = true;
        setState('stills');
        setUnplayable(frame.codec);
      } else if (!stills) player?.push(frame);
    });
    let last = '';
    let tidied = 0;
    const paint = (now: Micros | null) => {
      if (now === null) return;
      const next = trails.current.at(now);
      const signature = JSON.stringify([[...next.tiles].map(([door, t]) => [door, [...t]]), next.heads, next.people]);
      if (signature !== last) {
        last = signature;
        setPainting(next);
      }
      if (now - tidied > SECOND) {
        tidied = now;
        setAt(now);
        trails.current.forget(now - 60 * SECOND);
      }
    };
    const stopPainting = eachFrame(element, (media) => paint(stills ? newest : (player?.utc(media) ?? null)));
    return () => {
      stop();
      stopPainting();
      player?.close();
    };
  }, [id, video, cache]);
  return { state, painting, at, unplayable };
}

/** Calls back for each frame that is shown; without video, ten times a second. */
function eachFrame(video: HTMLVideoElement, call: (media: number) => void): () => void {
  let request = 0;
  const exact = 'requestVideoFrameCallback' in video;
  const next = (_now: number, frame: VideoFrameCallbackMetadata) => {
    call(frame.mediaTime);
    request = video.requestVideoFrameCallback(next);
  };
  if (exact) request = video.requestVideoFrameCallback(next);
  // Keeps trails fading and stills painted while no frame is presented.
  const timer = setInterval(() => call(video.currentTime), exact ? 500 : 100);
  return () => {
    clearInterval(timer);
    if (exact) video.cancelVideoFrameCallback(request);
  };
}
