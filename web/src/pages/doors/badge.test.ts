import { describe, expect, it } from 'vitest';
import type { Camera, Moment } from '../../api/types';
import { type Badge, badgeOf, nextBadge, sightings } from './badge';
import { firstChoice, nameOf, type Profile, profileWords, type Streams, withSignIn } from './onvif';

const moment = (more: Partial<Moment>) =>
  ({
    kind: 'access_event',
    door: { door_id: 'd1', name: 'Lobby' },
    at: '2026-03-02T09:00:00Z',
    arrived_at: '2026-03-02T09:00:01Z',
    event_type: 'AccessGranted',
    title: 'Access granted',
    labels: [],
    cameras: [],
    ...more,
  }) as unknown as Moment;

const camera = (camera_id: string, people_at: string | null = null) =>
  ({ camera_id, name: camera_id, people_at }) as unknown as Camera;

describe('the next badge', () => {
  it('is a grant or a refusal at a door, and nothing else', () => {
    expect(badgeOf(moment({ actor_name: 'Ana' }))).toMatchObject({ doorId: 'd1', who: 'Ana' });
    expect(badgeOf(moment({ event_type: 'AccessRefused' }))?.doorId).toBe('d1');
    expect(badgeOf(moment({ event_type: 'DoorOpen' }))).toBeNull();
    expect(badgeOf(moment({ kind: 'crossing' }))).toBeNull();
    expect(badgeOf(moment({ door: null }))).toBeNull();
  });

  const badge = badgeOf(moment({})) as Badge;

  it('puts the camera first that saw somebody nearest to it', () => {
    const cameras = [camera('a'), camera('b', '2026-03-02T09:00:09Z'), camera('c', '2026-03-02T09:00:03Z')];
    const found = sightings(cameras, badge, new Map());
    expect(found.map((one) => [one.camera.camera_id, one.after])).toEqual([
      ['c', 2_000_000],
      ['b', 8_000_000],
      ['a', null],
    ]);
  });

  it('takes a crossing as a sighting, and forgets what was long before', () => {
    const cameras = [camera('a', '2026-03-02T08:00:00Z'), camera('b')];
    const found = sightings(cameras, badge, new Map([['b', badge.arrived + 1_000_000]]));
    expect(found.map((one) => [one.camera.camera_id, one.after])).toEqual([
      ['b', 1_000_000],
      ['a', null],
    ]);
  });

  it('offers cameras that saw nobody by name', () => {
    expect(sightings([camera('b'), camera('a')], badge, new Map()).map((one) => one.camera.name)).toEqual(['a', 'b']);
  });
});

describe('a camera found by ONVIF', () => {
  const profile: Profile = {
    token: 'sub',
    name: 'sub',
    codec: 'H264',
    width: 640,
    height: 360,
    fps: 12,
    key_every: 24,
    url: 'rtsp://h/sub',
    usable: true,
  };
  const streams = (more: Partial<Streams>): Streams => ({
    address: 'http://h/onvif/device_service',
    device: { manufacturer: 'Maker', model: 'X1', firmware: null, serial: null, clock_ahead: 0 },
    profiles: [{ ...profile, token: 'odd', usable: false }, profile],
    analyse: null,
    main: null,
    problems: [],
    ...more,
  });

  it('is added with who signs in, whatever letters the password has', () => {
    expect(withSignIn('rtsp://h:554/a?b=1', { user: 'u', password: "p@ss/:'" })).toBe(
      'rtsp://u:p%40ss%2F%3A%27@h:554/a?b=1',
    );
    expect(withSignIn('rtsp://old:one@h/a', { user: 'u', password: 'p' })).toBe('rtsp://u:p@h/a');
    expect(withSignIn('rtsp://h/a@b', { user: '', password: 'p' })).toBe('rtsp://h/a@b');
    expect(withSignIn('rtsp://h/a@b', { user: 'u', password: '' })).toBe('rtsp://u:@h/a@b');
  });

  it('says what a stream is, and leaves out what it does not tell', () => {
    expect(profileWords(profile)).toBe('H264 · 640×360 · 12 fps · key frame every 2 s');
    expect(profileWords({ ...profile, codec: null, width: null, fps: null })).toBe('no video');
  });

  it('begins with the stream that is proposed, else with the first that can be used', () => {
    expect(firstChoice(streams({ analyse: 'main' }))).toBe('main');
    expect(firstChoice(streams({}))).toBe('sub');
    expect(firstChoice(streams({ profiles: [] }))).toBeNull();
  });

  it('is called what it calls itself, else what its maker does', () => {
    const found = { endpoint: 'e', address: 'a', host: 'h', name: 'Gate', hardware: null, location: null };
    expect(nameOf(found, streams({}))).toBe('Gate');
    expect(nameOf(undefined, streams({}))).toBe('Maker X1');
  });
});

describe('the badge that is waited for', () => {
  const heard = (id: string, door: string, arrived: number, picture: string | null = null): Badge => ({
    momentId: id,
    doorId: door,
    at: '2026-01-02T03:04:05Z',
    arrived,
    who: null,
    picture,
  });

  it('is the first that arrives after the start, at the door that is tested', () => {
    expect(nextBadge(null, heard('a', 'd1', 5), 5, null)).toBeNull();
    expect(nextBadge(null, heard('a', 'd1', 6), 5, null)?.momentId).toBe('a');
    expect(nextBadge(null, heard('a', 'd1', 6), 5, 'd2')).toBeNull();
  });

  it('stays when others follow, and gets its picture', () => {
    const first = heard('a', 'd1', 6);
    expect(nextBadge(first, heard('b', 'd1', 7, '/b.jpg'), 5, null)).toBe(first);
    expect(nextBadge(first, heard('a', 'd1', 6, '/a.jpg'), 5, null)?.picture).toBe('/a.jpg');
  });
});
