/** A player for recorded video in which people are counted with keys: a minute is fetched at a time. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useEffect, useRef, useState } from 'react';
import { Button, Empty, Failure, Loading, useZone } from '../../parts/basics';
import { useShortcuts } from '../../shell/shortcuts';
import { clockText } from '../../time';
import { fetchPiece, type Run, useRecorded, type VideoPiece, type Way } from './commissionApi';
import { pieceAt } from './commissionWords';
import { MarkButtons } from './MarkButtons';

interface Props {
  run: Run;
  cameraId: string | undefined;
  onMark: (ways: readonly Way[], at?: string) => void;
  onUndo: () => void;
}

const SPEEDS = [0.5, 1, 2, 4, 8];

export function RecordingMarks({ run, cameraId, onMark, onUndo }: Props) {
  const recorded = useRecorded(cameraId, run.since, run.until ?? run.since);
  if (recorded.isPending) return <Loading what={t`the recordings`} />;
  if (recorded.isError) return <Failure error={recorded.error} retry={() => void recorded.refetch()} />;
  const { pieces, here } = recorded.data;
  if (!cameraId || !pieces.length) {
    return (
      <Empty title={t`Nothing was recorded in this time`}>
        <Trans>Drop this run and choose a time in which the camera was recorded.</Trans>
      </Empty>
    );
  }
  if (!here) {
    return (
      <Empty title={t`The recordings are on another machine`}>
        <Trans>
          They stay with the analyzer that made them. Walk the door live, or count where server and analyzer share a
          machine.
        </Trans>
      </Empty>
    );
  }
  const first = Math.max(Date.parse(run.since), Date.parse(pieces[0]?.since ?? run.since));
  return (
    <Player
      cameraId={cameraId}
      since={first}
      until={Date.parse(run.until ?? run.since)}
      onMark={onMark}
      onUndo={onUndo}
    />
  );
}

interface PlayerProps {
  cameraId: string;
  /** Milliseconds since 1970. */
  since: number;
  until: number;
  onMark: (ways: readonly Way[], at?: string) => void;
  onUndo: () => void;
}

/** The piece that is shown; where there is none, why. */
function usePiece(cameraId: string, [from, to]: readonly [number, number]) {
  const [shown, setShown] = useState<VideoPiece | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let url: string | null = null;
    let left = false;
    setError(null);
    setShown(null);
    fetchPiece(cameraId, from, to).then(
      (piece) => {
        url = piece.url;
        if (left) URL.revokeObjectURL(url);
        else setShown(piece);
      },
      (reason) => !left && setError(reason),
    );
    return () => {
      left = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [cameraId, from, to]);
  return { shown, error };
}

function Player({ cameraId, since, until, onMark, onUndo }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [piece, setPiece] = useState(() => pieceAt(since, until, since));
  const [speed, setSpeed] = useState(1);
  const [place, setPlace] = useState(since);
  const zone = useZone();
  const clock = (at: number) => clockText(at * 1000, zone);
  const { shown, error } = usePiece(cameraId, piece);
  const [from, to] = piece;
  const now = () => (shown && video.current ? shown.start + video.current.currentTime * 1000 : from);
  const go = (at: number) => {
    setPlace(at);
    const [start, end] = pieceAt(since, until, at);
    if (start !== from || end !== to) setPiece([start, end]);
    else if (video.current && shown) video.current.currentTime = Math.max(0, (at - shown.start) / 1000);
  };
  const toggle = () => {
    const player = video.current;
    if (player?.paused) void player.play();
    else player?.pause();
  };
  const faster = (by: number) => {
    const next = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(speed) + by))] ?? 1;
    setSpeed(next);
    if (video.current) video.current.playbackRate = next;
  };
  const mark = (ways: readonly Way[]) => onMark(ways, new Date(now()).toISOString());
  useShortcuts({
    ' ': toggle,
    ArrowLeft: () => go(now() - 2000),
    ArrowRight: () => go(now() + 2000),
    '+': () => faster(1),
    '-': () => faster(-1),
  });
  const next = () => to < until && setPiece(pieceAt(since, until, to));
  return (
    <>
      <div className="commission-video">
        {error ? <Failure error={error} retry={next} /> : null}
        {shown || error ? null : <Loading what={t`the next minute`} />}
        {shown ? (
          <video
            ref={video}
            src={shown.url}
            autoPlay
            muted
            playsInline
            controls
            aria-label={t`Recorded video of the door`}
            onLoadedMetadata={(event) => {
              event.currentTarget.playbackRate = speed;
            }}
            onTimeUpdate={() => setPlace(now())}
            onEnded={next}
          />
        ) : null}
      </div>
      <label className="commission-seek">
        <span className="hidden">{t`Place in the recording`}</span>
        <input
          type="range"
          min={since}
          max={until - 1}
          step={1000}
          value={place}
          onChange={(event) => go(Number(event.target.value))}
          aria-valuetext={clock(place)}
        />
        <span className="soft small">
          <Trans>
            {clock(place)} of {clock(until)}
          </Trans>
        </span>
      </label>
      <div className="actions">
        <Button onPress={toggle}>
          <Trans>
            Play or stop <kbd>space</kbd>
          </Trans>
        </Button>
        <Button onPress={() => faster(-1)} aria-label={t`Slower`}>
          <kbd>-</kbd>
        </Button>
        <span className="commission-speed">{speed} ×</span>
        <Button onPress={() => faster(1)} aria-label={t`Faster`}>
          <kbd>+</kbd>
        </Button>
      </div>
      <MarkButtons onMark={mark} onUndo={onUndo} />
    </>
  );
}
