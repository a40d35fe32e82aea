import { describe, expect, it } from 'vitest';
import { parseFrame } from './frames';

function message(header: unknown, payload: number[] = [], text = JSON.stringify(header)): ArrayBuffer {
  const head = new TextEncoder().encode(text);
  const whole = new Uint8Array(4 + head.length + payload.length);
  new DataView(whole.buffer).setUint32(0, head.length);
  whole.set(head, 4);
  whole.set(payload, 4 + head.length);
  return whole.buffer;
}

describe('a frame of the live stream', () => {
  it('is an init segment with its codec', () => {
    const frame = parseFrame(message({ camera_id: 'c1', kind: 'init', codec: 'avc1.640028' }, [1, 2, 3]));
    expect(frame).toMatchObject({ kind: 'init', camera_id: 'c1', codec: 'avc1.640028' });
    expect(frame?.kind === 'init' && [...frame.payload]).toEqual([1, 2, 3]);
  });

  it('is a fragment whose capture time keeps its microseconds', () => {
    const start = 1_795_478_400_123_457;
    const frame = parseFrame(
      message({ camera_id: 'c1', kind: 'fragment', start_us: start, duration_us: 960_000, sequence: 7 }, [9]),
    );
    expect(frame).toMatchObject({ kind: 'fragment', start_us: start, duration_us: 960_000, sequence: 7 });
  });

  it('is the people of one processed frame, whose track is text even when a number came', () => {
    const frame = parseFrame(
      message({
        camera_id: 'c1',
        kind: 'people',
        at_us: 5,
        people: [{ track: 4, door_id: 'd', box: [1, 2, 3, 4], foot: [2, 4], tile: [0, 1] }],
      }),
    );
    expect(frame?.kind === 'people' && frame.people[0]?.track).toBe('4');
  });

  it('may name a camera beyond ASCII, as the length counts bytes', () => {
    const frame = parseFrame(message({ camera_id: 'Tür Süd', kind: 'init', codec: 'avc1.4D4028' }, [8]));
    expect(frame?.camera_id).toBe('Tür Süd');
    expect(frame?.kind === 'init' && [...frame.payload]).toEqual([8]);
  });
});

describe('a message that is no frame is passed over', () => {
  it.each([
    ['empty', new ArrayBuffer(0)],
    ['shorter than its length', new Uint8Array([0, 0, 0, 9, 123]).buffer],
    ['with an absurd length', new Uint8Array([255, 255, 255, 255, 1]).buffer],
    ['whose header is no JSON', message(null, [], '{oops')],
    ['whose header is no object', message(null, [], '3')],
    ['without a camera', message({ kind: 'init', codec: 'avc1.4D4028' })],
    ['of a kind to come', message({ camera_id: 'c', kind: 'audio' })],
    ['a fragment without a time', message({ camera_id: 'c', kind: 'fragment' })],
    ['people that are no list', message({ camera_id: 'c', kind: 'people', at_us: 1, people: 3 })],
  ])('%s', (_name, bytes) => {
    expect(parseFrame(bytes)).toBeNull();
  });
});
