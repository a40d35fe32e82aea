/** Binary frames of the live stream: four bytes of header length (big-endian), a JSON header, the payload. */
import type { Micros } from '../time';

export interface LivePerson {
  track: string;
  door_id: string | null;
  /** Left, top, right, bottom in pixels of the scene. */
  box: readonly [number, number, number, number];
  foot: readonly [number, number];
  tile: readonly [number, number] | null;
}

export interface InitFrame {
  kind: 'init';
  camera_id: string;
  codec: string;
  payload: Uint8Array<ArrayBuffer>;
}

export interface FragmentFrame {
  kind: 'fragment';
  camera_id: string;
  start_us: Micros;
  duration_us: Micros;
  sequence: number;
  payload: Uint8Array<ArrayBuffer>;
}

export interface PeopleFrame {
  kind: 'people';
  camera_id: string;
  at_us: Micros;
  people: readonly LivePerson[];
}

export type LiveFrame = InitFrame | FragmentFrame | PeopleFrame;

const LARGEST_HEADER = 1 << 20;

/** One message of the stream; null for what this page does not understand, so that a newer server does no harm. */
export function parseFrame(message: ArrayBuffer): LiveFrame | null {
  if (message.byteLength < 4) return null;
  const length = new DataView(message).getUint32(0);
  if (length > LARGEST_HEADER || 4 + length > message.byteLength) return null;
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, length)));
  } catch {
    return null;
  }
  if (typeof header !== 'object' || header === null) return null;
  const fields = header as Record<string, unknown>;
  if (typeof fields.camera_id !== 'string') return null;
  const payload = new Uint8Array(message, 4 + length);
  if (fields.kind === 'init' && typeof fields.codec === 'string') {
    return { kind: 'init', camera_id: fields.camera_id, codec: fields.codec, payload };
  }
  if (fields.kind === 'fragment' && typeof fields.start_us === 'number') {
    return {
      kind: 'fragment',
      camera_id: fields.camera_id,
      start_us: fields.start_us,
      duration_us: Number(fields.duration_us) || 0,
      sequence: Number(fields.sequence) || 0,
      payload,
    };
  }
  if (fields.kind === 'people' && typeof fields.at_us === 'number' && Array.isArray(fields.people)) {
    return { kind: 'people', camera_id: fields.camera_id, at_us: fields.at_us, people: fields.people.map(person) };
  }
  return null;
}

function person(value: Record<string, unknown>): LivePerson {
  return { ...(value as unknown as LivePerson), track: String(value.track) };
}
