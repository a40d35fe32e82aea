/** One camera live: its video, or still pictures where that cannot be played, with the floor grid painted in step. */
import { useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { useNews } from '../api/events';
import type { Camera, IncidentDetail, Moment } from '../api/types';
import { FloorOverlay, pictureShape } from '../parts/overlay';
import { fromIso, type Micros, SECOND } from '../time';
import { canPlay, LivePlayer, type PlayerState } from './player';
import { liveSocket } from './socket';
import { describePainting, type Painting, Trails } from './trails';

/** A crossing's outcome from the news, for the trails of one camera. */
function judgeMoment(trails: Trails, camera: string, moment: Moment): void {
  if (moment.kind !== 'crossing' || !moment.crossing_id || !moment.track || !moment.door) return;
  if (moment.cameras.length && !moment.cameras.some((other) => other.camera_id === camera)) return;
  trails.judge({
    crossing_id: moment.crossing_id,
    door_id: moment.door.door_id,
    track: moment.track,
    at_us: fromIso(moment.at),
    outcome: moment.outcome,
  });
}

export function judgeIncident(trails: Trails, camera: string | null, incident: IncidentDetail): void {
  for (const crossing of incident.crossings ?? []) {
    if (camera !== null && crossing.camera_id !== camera) continue;
    trails.judge({
      crossing_id: crossing.crossing_id,
      door_id: incident.door.door_id,
      track: crossing.track,
      at_us: fromIso(crossing.at),
      outcome: crossing.outcome,
      trail: crossing.trail,
    });
  }
}

interface Shown {
  state: PlayerState | 'stills';
  painting: Painting | null;
  /** Capture time of what is on screen. */
  at: Micros | null;
}

/** Feeds the video element and says what to paint over it. */
function useLive(camera: Camera, video: RefObject<HTMLVideoElement | null>): Shown {
  const cache = useQueryClient();
  const id = camera.camera_id;
  const trails = useRef(new Trails());
  const [state, setState] = useState<Shown['state']>('waiting');
  const [painting, setPainting] = useState<Painting | null>(null);
  const [at, setAt] = useState<Micros | null>(null);

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
  return { state, painting, at };
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
      alt={`${camera.name}, a second ago`}
      src={`/api/cameras/${encodeURIComponent(camera.camera_id)}/snapshot.jpg?n=${n}`}
      onError={() => setFailed(true)}
      onLoad={() => setFailed(false)}
    />
  );
}

function videoWords(camera: Camera, state: Shown['state']): string | null {
  if (state === 'playing') return null;
  if (!camera.enabled) return 'This camera is switched off on the Doors page.';
  if (camera.status.code >= 400) return camera.status.message;
  if (state === 'stills') return 'Still pictures, one a second: this browser cannot play H.264 video.';
  return 'Waiting for video…';
}

export function LiveVideo({ camera }: { camera: Camera }) {
  const video = useRef<HTMLVideoElement>(null);
  const { state, painting, at } = useLive(camera, video);
  const size = camera.scenes[0]?.size ?? ([camera.width ?? 16, camera.height ?? 9] as const);
  const words = videoWords(camera, state);
  const lag = at === null ? null : (Date.now() * 1000 - at) / SECOND;
  return (
    <div
      className="picture live"
      style={pictureShape(size)}
      data-state={state}
      data-painted={painting ? describePainting(painting) : ''}
    >
      <video ref={video} muted playsInline autoPlay aria-label={`Live video of ${camera.name}`} />
      {state === 'stills' ? <Stills camera={camera} /> : null}
      <FloorOverlay scenes={camera.scenes} painting={painting} />
      {words ? (
        <p className="picture-words" role="status">
          {words}
        </p>
      ) : null}
      {lag !== null && lag > 0 && lag < 60 && state === 'playing' ? (
        <span className="lag" title="How far the picture lies behind this computer's clock">
          {lag.toFixed(1)} s behind
        </span>
      ) : null}
    </div>
  );
}
