/** Which moment a playing video shows: pieces of media time, each tied to the capture time of its first frame. */
import { type Micros, SECOND } from '../time';

interface Piece {
  /** Seconds of media time at which the piece starts and ends. */
  from: number;
  until: number;
  startUs: Micros;
}

export class Timeline {
  private pieces: Piece[] = [];

  /** A piece of video was appended to the end. */
  add(from: number, until: number, startUs: Micros): void {
    if (until > from) this.pieces.push({ from, until, startUs });
  }

  /** Capture time of the frame at a media time; null before the first piece. */
  utcAt(media: number): Micros | null {
    for (let index = this.pieces.length - 1; index >= 0; index -= 1) {
      const piece = this.pieces[index] as Piece;
      // A frame's own time may lie a hair before its piece: both are rounded.
      if (media >= piece.from - 0.002) return piece.startUs + Math.round((media - piece.from) * SECOND);
    }
    return null;
  }

  /** Forget what was played and removed. */
  dropBefore(media: number): void {
    this.pieces = this.pieces.filter((piece) => piece.until > media);
  }

  clear(): void {
    this.pieces = [];
  }
}
