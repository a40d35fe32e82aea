/** Under the clip, never over it: play, where it is, and marks for every grant and crossing to jump to. */

import { t } from '@lingui/core/macro';
import { type CSSProperties, type RefObject, useEffect, useState } from 'react';
import type { IncidentDetail } from '../../api/types';
import { Button, Clock } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { type Micros, SECOND } from '../../time';
import { marksOf } from './marks';

interface Props {
  incident: IncidentDetail;
  camera: string | null;
  /** Capture time of the clip's first frame. */
  start: Micros | null;
  video: RefObject<HTMLVideoElement | null>;
}

interface Progress {
  now: number;
  length: number;
  playing: boolean;
}

function useProgress(video: RefObject<HTMLVideoElement | null>): Progress {
  const [progress, setProgress] = useState<Progress>({ now: 0, length: 0, playing: false });
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const look = () =>
      setProgress({
        now: element.currentTime,
        length: Number.isFinite(element.duration) ? element.duration : 0,
        playing: !element.paused,
      });
    const names = ['durationchange', 'timeupdate', 'seeked', 'play', 'pause'];
    for (const name of names) element.addEventListener(name, look);
    look();
    return () => {
      for (const name of names) element.removeEventListener(name, look);
    };
  }, [video]);
  return progress;
}

const SPEEDS = [1, 0.5, 0.25];

export function ClipControls({ incident, camera, start, video }: Props) {
  const { now, length, playing } = useProgress(video);
  const [speed, setSpeed] = useState(1);
  const marks = start === null || !length ? [] : marksOf(incident, camera, start, length);
  const go = (second: number) => {
    if (video.current) video.current.currentTime = Math.max(0, second);
  };
  const toggle = () => {
    if (playing) video.current?.pause();
    else video.current?.play().catch(() => undefined);
  };
  const slower = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
    setSpeed(next);
    if (video.current) video.current.playbackRate = next;
  };
  return (
    <div className="clip-controls">
      <Button tone="quiet" onPress={toggle} aria-label={playing ? t`Stop` : t`Play`}>
        <Shape name={playing ? 'pause' : 'play'} />
      </Button>
      <div className="clip-track">
        <input
          type="range"
          min={0}
          max={length || 1}
          step={0.04}
          value={now}
          aria-label={t`Place in the video`}
          aria-valuetext={t`${now.toFixed(1)} of ${length.toFixed(1)} seconds`}
          onChange={(event) => go(event.target.valueAsNumber)}
        />
        {marks.map((mark) => (
          <button
            key={mark.id}
            type="button"
            className={`mark tone-${mark.tone}`}
            style={{ '--at': mark.second / length } as CSSProperties}
            title={mark.word}
            aria-label={t`Jump to: ${mark.word}`}
            onClick={() => go(mark.second - 0.5)}
          >
            <Shape name={mark.shape} />
          </button>
        ))}
      </div>
      {start === null ? null : <Clock at={start + now * SECOND} day="never" />}
      <Button tone="quiet" onPress={slower} aria-label={t`Speed ${speed}; change it`}>
        {speed}×
      </Button>
    </div>
  );
}
