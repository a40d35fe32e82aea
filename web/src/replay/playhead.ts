/**
 * Where in time one looks, and how fast it moves: one clock that all cameras of a page follow.
 *
 * It runs by itself, so that a door can be followed through a gap of one camera. A camera that waits for its video holds it.
 */
import { type Micros, SECOND } from '../time';

export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8];
const TELL_EVERY_MS = 100;

export class Playhead {
  playing = false;
  rate = 1;
  private listeners = new Set<() => void>();
  private holding = new Set<unknown>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private last = 0;

  constructor(
    public at: Micros,
    /** Wall clock in microseconds: nobody looks into the future. */
    private readonly now: () => Micros = () => Date.now() * 1000,
  ) {}

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** Changes with everything that listeners are told of. */
  version = 0;
  snapshot = () => this.version;

  go(at: Micros): void {
    this.at = Math.round(Math.min(at, this.now()));
    this.tell();
  }

  play(): void {
    if (this.playing) return;
    this.playing = true;
    this.last = this.now();
    this.timer = setInterval(this.tick, TELL_EVERY_MS);
    this.tell();
  }

  pause(): void {
    clearInterval(this.timer);
    this.playing = false;
    this.tell();
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** One step slower (-1) or faster (1). */
  change(steps: -1 | 1): void {
    const index = SPEEDS.indexOf(this.rate) + steps;
    this.rate = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, index))] ?? 1;
    this.tell();
  }

  /** Somebody waits for video, and everybody with them; or waits no more. */
  hold(who: unknown, waits: boolean): void {
    if (waits) this.holding.add(who);
    else this.holding.delete(who);
  }

  private tick = () => {
    const now = this.now();
    const passed = now - this.last;
    this.last = now;
    if (this.holding.size) return;
    const at = this.at + passed * this.rate;
    // At the edge of the present video has not been written yet.
    if (at > now - 2 * SECOND && this.rate > 1) this.rate = 1;
    this.at = Math.round(Math.min(at, now));
    this.tell();
  };

  private tell(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}
