/**
 * Plays the fragments of one camera in a `<video>` through MediaSource, about a second behind the newest frame.
 *
 * Fragments are laid end to end (`sequence` mode), so that a gap in the capture is a jump in the picture and never a
 * stall; the timeline remembers which capture time each piece of media time shows. Whatever goes wrong with the
 * decoder is answered by starting again from the stored init segment: live video has nothing to save.
 */
import { type Micros, SECOND } from '../time';
import { canPlay, mimeOf } from './codecs';
import type { FragmentFrame, InitFrame } from './frames';
import { Timeline } from './timeline';

export type PlayerState = 'waiting' | 'playing' | 'unsupported';

/** What was played is soon let go of: a wall of sixteen holds all of it sixteen times. */
const KEEP_BEHIND_S = 5;
const WANTED_LAG_S = 1;
/** So many fragments may wait for the decoder; a tab in the background drops the oldest. */
const LONGEST_QUEUE = 60;

/** How to move a player that is `lag` seconds behind the end when a fragment lasts `piece` seconds. */
export function steer(lag: number, piece: number): { rate: number; jumpTo?: number } {
  const wanted = WANTED_LAG_S + piece;
  if (lag > wanted + 3) return { rate: 1, jumpTo: wanted };
  if (lag > wanted + 0.4) return { rate: 1.08 };
  if (lag < 0.3) return { rate: 0.92 };
  return { rate: 1 };
}

export class LivePlayer {
  readonly timeline = new Timeline();
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private url: string | null = null;
  private init: InitFrame | null = null;
  private queue: (InitFrame | FragmentFrame)[] = [];
  private appending: (InitFrame | FragmentFrame) | null = null;
  private endBefore = 0;
  private piece = 0;
  private restarts = 0;
  private restartTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onState: (state: PlayerState) => void,
  ) {
    video.addEventListener('error', this.fail);
    video.addEventListener('playing', this.playing);
  }

  /** A frame of this camera arrived. */
  push(frame: InitFrame | FragmentFrame): void {
    if (frame.kind === 'init') {
      const same = this.init?.codec === frame.codec && sameBytes(this.init.payload, frame.payload);
      this.init = frame;
      if (!canPlay(frame.codec)) {
        this.onState('unsupported');
        return;
      }
      if (!same || !this.source) this.start();
      return;
    }
    if (!this.source) return;
    this.queue.push(frame);
    if (this.queue.length > LONGEST_QUEUE) this.queue.splice(0, this.queue.length - LONGEST_QUEUE);
    this.pump();
  }

  /** Capture time of the frame on screen; null while there is none. */
  utc(mediaTime = this.video.currentTime): Micros | null {
    return this.timeline.utcAt(mediaTime);
  }

  close(): void {
    clearTimeout(this.restartTimer);
    this.video.removeEventListener('error', this.fail);
    this.video.removeEventListener('playing', this.playing);
    this.detach();
  }

  private playing = () => this.onState('playing');

  private start(): void {
    this.detach();
    const source = new MediaSource();
    this.source = source;
    this.url = URL.createObjectURL(source);
    this.onState('waiting');
    source.addEventListener('sourceopen', () => {
      if (this.source !== source || !this.init) return;
      try {
        this.buffer = source.addSourceBuffer(mimeOf(this.init.codec));
        this.buffer.mode = 'sequence';
      } catch {
        this.onState('unsupported');
        return;
      }
      this.buffer.addEventListener('updateend', () => this.appended(source));
      this.buffer.addEventListener('error', this.fail);
      this.queue.unshift(this.init);
      this.pump();
    });
    this.video.src = this.url;
  }

  private detach(): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.source = null;
    this.buffer = null;
    this.url = null;
    this.queue = [];
    this.appending = null;
    this.timeline.clear();
    this.video.removeAttribute('src');
    this.video.load();
  }

  private fail = () => {
    if (!this.init || !this.source) return;
    this.detach();
    // A stream that keeps failing is tried more and more slowly, at most every 10 s.
    this.restarts += 1;
    clearTimeout(this.restartTimer);
    this.restartTimer = setTimeout(() => this.start(), Math.min(10_000, 250 * 2 ** this.restarts));
    this.onState('waiting');
  };

  private end(): number {
    const ranges = this.buffer?.buffered;
    return ranges?.length ? ranges.end(ranges.length - 1) : 0;
  }

  private pump(): void {
    if (!this.buffer || this.buffer.updating || this.appending) return;
    const next = this.queue.shift();
    if (!next) return;
    this.appending = next;
    this.endBefore = this.end();
    try {
      this.buffer.appendBuffer(next.payload);
    } catch {
      this.fail();
    }
  }

  private appended(source: MediaSource): void {
    if (this.source !== source || !this.buffer) return;
    const frame = this.appending;
    this.appending = null;
    if (frame?.kind === 'fragment') {
      const end = this.end();
      this.timeline.add(this.endBefore, end, frame.start_us);
      if (end > this.endBefore) this.restarts = 0;
      this.piece = frame.duration_us / SECOND || end - this.endBefore;
      this.follow(end);
    }
    if (!this.trim()) this.pump();
  }

  private follow(end: number): void {
    const { video } = this;
    this.skipHole();
    const start = this.buffer?.buffered.length ? this.buffer.buffered.start(0) : 0;
    const { rate, jumpTo } = steer(end - video.currentTime, this.piece);
    video.playbackRate = rate;
    if (video.currentTime < start) video.currentTime = Math.max(start, end - WANTED_LAG_S - this.piece);
    else if (jumpTo !== undefined) video.currentTime = Math.max(start, end - jumpTo);
    if (video.paused) video.play().catch(() => undefined);
  }

  /** Lost pictures can leave a hole in the buffer, before which a video would wait for ever. */
  private skipHole(): void {
    const ranges = this.buffer?.buffered;
    for (let index = 0; ranges && index + 1 < ranges.length; index += 1) {
      const next = ranges.start(index + 1);
      const atHole = this.video.currentTime >= ranges.end(index) - 0.15 && this.video.currentTime < next;
      if (atHole) this.video.currentTime = next;
    }
  }

  /** Removes what was played long ago; true while the buffer is busy with that. */
  private trim(): boolean {
    const buffer = this.buffer;
    if (!buffer?.buffered.length) return false;
    const until = this.video.currentTime - KEEP_BEHIND_S;
    if (until - buffer.buffered.start(0) < KEEP_BEHIND_S) return false;
    this.timeline.dropBefore(until);
    buffer.remove(0, until);
    return true;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
