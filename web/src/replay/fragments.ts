/** When each picture of a piece of recorded video was captured: read from its fragments, so that single pictures can be stepped through. */
import type { Micros } from '../time';

const MOOF = 0x6d6f6f66;
const TFDT = 0x74666474;
const TRUN = 0x7472756e;
const TRAF = 0x74726166;

/** Capture times of all pictures in init segments and fragments laid end to end, in order; none for what is no such thing. */
export function pictureTimes(bytes: Uint8Array): Micros[] {
  const times: Micros[] = [];
  for (const [kind, body] of boxes(bytes)) {
    if (kind === MOOF) for (const [inner, track] of boxes(body)) if (inner === TRAF) times.push(...ofTrack(track));
  }
  return times.sort((a, b) => a - b);
}

/** The boxes in some bytes, as far as they are whole. */
function* boxes(bytes: Uint8Array): Generator<[number, Uint8Array]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > bytes.length) return;
    yield [view.getUint32(at + 4), bytes.subarray(at + 8, at + size)];
    at += size;
  }
}

/** Doorwatch's own fragments: 64-bit decode time, and for each picture duration, size, flags and offset. */
function ofTrack(track: Uint8Array): Micros[] {
  let decoded: number | null = null;
  const times: Micros[] = [];
  for (const [kind, body] of boxes(track)) {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    if (kind === TFDT && body.length >= 12) decoded = Number(view.getBigUint64(4));
    if (kind !== TRUN || decoded === null || body.length < 12) continue;
    const count = Math.min(view.getUint32(4), Math.floor((body.length - 12) / 16));
    for (let index = 0; index < count; index += 1) {
      times.push(decoded + view.getInt32(12 + 16 * index + 12));
      decoded += view.getUint32(12 + 16 * index);
    }
  }
  return times;
}
