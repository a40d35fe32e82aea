/** What this browser plays, and what codecs are called. */

export const mimeOf = (codec: string) => `video/mp4; codecs="${codec}"`;

export function canPlay(codec: string): boolean {
  return typeof MediaSource !== 'undefined' && MediaSource.isTypeSupported(mimeOf(codec));
}

const NAMES: Readonly<Record<string, string>> = {
  avc1: 'H.264',
  avc3: 'H.264',
  hvc1: 'HEVC',
  hev1: 'HEVC',
  av01: 'AV1',
};

/** A codec as camera settings call it: `hvc1.1.6.L93.90` is HEVC. */
export function codecName(codec: string): string {
  return NAMES[codec.slice(0, 4)] ?? codec;
}
