/**
 * Shows what a camera recorded at any moment, through MediaSource: fragments are fetched around the playhead and laid at
 * their capture times, so that media time plus a constant *is* capture time and single pictures can be stepped through.
 */
import { canPlay, mimeOf } from '../live/codecs';
import { type Micros, SECOND } from '../time';
import { footage, NoFootage } from './footage';
import { pictureTimes } from './fragments';
import { type Span, spanAt, withSpan } from './spans';

export type ReplayState = 'loading' | 'showing' | 'gap' | 'stills' | 'failed';

const AHEAD = 8 * SECOND;
const PIECE = 8 * SECOND;
const KEPT_S = 60;
const RETRY_MS = 3000;
const HOUR = 3600 * SECOND;
/** Younger than this, more may still be written. */
const FRESH = 15 * SECOND;
const SEAM = 60_000;

export class ReplayPlayer {
  state: ReplayState = 'loading';
  /** What the server says when video cannot be had. */
  trouble = '';
  /** The codec that this browser does not play, where still pictures stand in for it. */
  unplayable: string | null = null;
  private base: Micros;
  private source: MediaSource | null = null;
  private buffer: SourceBuffer | null = null;
  private url: string | null = null;
  private gaps: Span[] = [];
  private times: Micros[] = [];
  private asking: AbortController | null = null;
  private pauseUntil = 0;
  private wanted: Micros;
  private rate = 1;
  private playing = false;
  private closed = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: string,
    at: Micros,
    private readonly onState: () => void,
  ) {
    this.base = at - 12 * HOUR;
    this.wanted = at;
    if (typeof MediaSource === 'undefined') this.state = 'stills';
    else this.open();
  }

  /** Be where the playhead is; called again and again while it moves. */
  follow(at: Micros, playing: boolean, rate: number): void {
    this.wanted = at;
    this.rate = rate;
    this.playing = playing;
    if (this.closed || this.state === 'stills') return;
    if (at < this.base || at > this.base + 240 * HOUR) this.open(at);
    void this.load();
    this.steer();
  }

  /** Capture time of the picture at a media time. */
  utc(media: number): Micros {
    return this.base + Math.round(media * SECOND);
  }

  /** Capture time of the picture before (-1) or after (1) the one shown at a moment; null where none is loaded. */
  neighbour(at: Micros, step: -1 | 1): Micros | null {
    const found = step > 0 ? this.times.find((time) => time > at) : this.times.findLast((time) => time < at);
    return found !== undefined && Math.abs(found - at) < 2 * SECOND ? found : null;
  }

  /** Capture time of the picture that is shown at a moment. */
  pictureAt(at: Micros): Micros | null {
    const found = this.times.findLast((time) => time <= at);
    return found !== undefined && at - found < 2 * SECOND ? found : null;
  }

  close(): void {
    this.closed = true;
    this.asking?.abort();
    this.detach();
  }

  private become(state: ReplayState, trouble = ''): void {
    if (state === this.state && trouble === this.trouble) return;
    this.state = state;
    this.trouble = trouble;
    this.onState();
  }

  private detach(): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = null;
    this.source = null;
    this.buffer = null;
    this.times = [];
    this.video.removeAttribute('src');
    this.video.load();
  }

  private open(at = this.wanted): void {
    this.asking?.abort();
    this.detach();
    this.base = at - 12 * HOUR;
    const source = new MediaSource();
    this.source = source;
    this.url = URL.createObjectURL(source);
    source.addEventListener('sourceopen', () => {
      if (this.source !== source) return;
      source.duration = (480 * HOUR) / SECOND;
      void this.load();
    });
    this.video.src = this.url;
  }

  private second(at: Micros): number {
    return (at - this.base) / SECOND;
  }

  /** Until when there is video from a moment on; null where there is none at it. */
  private bufferedUntil(at: Micros): Micros | null {
    const ranges = this.buffer?.buffered;
    for (let index = 0; ranges && index < ranges.length; index += 1) {
      const [from, until] = [this.utc(ranges.start(index)), this.utc(ranges.end(index))];
      if (from - SEAM <= at && at < until) return until;
    }
    return null;
  }

  /** The first moment from the playhead on of which neither video is there nor known that there is none. */
  private missing(): Micros | null {
    const enough = this.wanted + AHEAD * Math.max(1, this.rate);
    let at = this.wanted;
    while (at < enough) {
      const until = this.bufferedUntil(at) ?? spanAt(this.gaps, at)?.[1] ?? null;
      if (until === null) return at;
      at = Math.max(until, at + 1);
    }
    return null;
  }

  private async load(): Promise<void> {
    if (this.asking || this.source?.readyState !== 'open' || this.buffer?.updating) return;
    if (performance.now() < this.pauseUntil) return;
    const from = this.missing();
    if (from === null || from > Date.now() * 1000) return;
    const asking = new AbortController();
    this.asking = asking;
    try {
      const found = await footage(this.camera, from, from + PIECE * Math.max(1, Math.min(3, this.rate)), asking.signal);
      if (this.closed || asking.signal.aborted) return;
      if (found.start > from + SEAM) this.gaps = withSpan(this.gaps, [from, found.start]);
      await this.append(found.codec, found.data);
      this.note(found.data, from, found.until);
    } catch (error) {
      if (asking.signal.aborted || this.closed) return;
      this.refused(error, from);
    } finally {
      if (this.asking === asking) this.asking = null;
    }
    if (!this.closed) this.follow(this.wanted, this.playing, this.rate);
  }

  private note(data: Uint8Array<ArrayBuffer>, from: Micros, until: Micros): void {
    const known = new Set(this.times);
    for (const time of pictureTimes(data)) known.add(time);
    this.times = [...known].sort((a, b) => a - b);
    if (this.bufferedUntil(from) !== null || spanAt(this.gaps, from)) return;
    // It was taken and yet is not there: damaged, or overtaken by trimming.
    this.gaps = withSpan(this.gaps, [from, Math.max(from + SECOND, until)]);
  }

  private refused(error: unknown, from: Micros): void {
    if (error instanceof NoFootage) {
      const fresh = from + PIECE > Date.now() * 1000 - FRESH;
      if (fresh) this.pauseUntil = performance.now() + 1000;
      else this.gaps = withSpan(this.gaps, [from, from + PIECE]);
      if (fresh && this.bufferedUntil(this.wanted) === null) this.become('gap');
      return;
    }
    this.pauseUntil = performance.now() + RETRY_MS;
    if (this.bufferedUntil(this.wanted) === null) this.become('failed', error instanceof Error ? error.message : '');
  }

  private async append(codec: string, data: Uint8Array<ArrayBuffer>): Promise<void> {
    const type = mimeOf(codec);
    if (!canPlay(codec)) {
      this.unplayable = codec;
      this.become('stills');
      return;
    }
    const source = this.source;
    if (source?.readyState !== 'open') return;
    if (!this.buffer) {
      this.buffer = source.addSourceBuffer(type);
      this.buffer.timestampOffset = -this.base / SECOND;
    } else this.buffer.changeType(type);
    const buffer = this.buffer;
    try {
      await done(buffer, () => buffer.appendBuffer(data));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error;
      await this.trim(5);
      await done(buffer, () => buffer.appendBuffer(data));
    }
    await this.trim(KEPT_S);
  }

  /** Forget what lies more than so many seconds before the playhead, or far after it. */
  private async trim(kept: number): Promise<void> {
    const buffer = this.buffer;
    if (!buffer?.buffered.length) return;
    const here = this.second(this.wanted);
    const after = here + 3 * kept;
    if (buffer.buffered.start(0) < here - 2 * kept) {
      await done(buffer, () => buffer.remove(0, Math.max(0.1, here - kept)));
    }
    if (buffer.buffered.length && buffer.buffered.end(buffer.buffered.length - 1) > after + kept) {
      await done(buffer, () => buffer.remove(after, Number.POSITIVE_INFINITY));
    }
    const [from, until] = [this.wanted - 2 * kept * SECOND, this.wanted + 4 * kept * SECOND];
    this.times = this.times.filter((time) => time > from && time < until);
  }

  /** Moves the video to the playhead: exactly while it stands, within a quarter of a second while it plays. */
  private steer(): void {
    const { video } = this;
    if (this.bufferedUntil(this.wanted) === null) {
      if (!video.paused) video.pause();
      if (spanAt(this.gaps, this.wanted)) this.become('gap');
      else if (this.state !== 'failed' && this.state !== 'gap') this.become('loading');
      else if (this.state === 'gap' && this.wanted < Date.now() * 1000 - FRESH - PIECE) this.become('loading');
      return;
    }
    this.become('showing');
    // A hair inside of the picture: its own time is rounded.
    const target = this.second(this.wanted) + 0.0005;
    const off = target - video.currentTime;
    if (!this.playing) {
      if (!video.paused) video.pause();
      if (Math.abs(off) > 0.0002) video.currentTime = target;
      return;
    }
    if (Math.abs(off) > 0.25 * Math.max(1, this.rate)) video.currentTime = target;
    const nudged = Math.abs(off) > 0.04 ? (off > 0 ? 1.05 : 0.95) : 1;
    video.playbackRate = this.rate * nudged;
    if (video.paused) video.play().catch(() => undefined);
  }
}

function done(buffer: SourceBuffer, act: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = () => {
      buffer.removeEventListener('updateend', ended);
      buffer.removeEventListener('error', failed);
      resolve();
    };
    const failed = () => {
      buffer.removeEventListener('updateend', ended);
      buffer.removeEventListener('error', failed);
      reject(new Error('the recorded video cannot be decoded'));
    };
    buffer.addEventListener('updateend', ended);
    buffer.addEventListener('error', failed);
    try {
      act();
    } catch (error) {
      buffer.removeEventListener('updateend', ended);
      buffer.removeEventListener('error', failed);
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
