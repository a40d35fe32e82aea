import { describe, expect, it } from 'vitest';
import type { Mapping } from '../../api/integrations';
import {
  camerasOf,
  changesOf,
  doorChoices,
  doorsByCamera,
  rebased,
  shownCameras,
  summaryOf,
  toggled,
  withCameras,
} from './draft';

const door = (door_id: string, name: string, stale = false) => ({
  door_id,
  name,
  stale,
  device_id: `guid-${door_id}`,
  pacs_id: 'p',
});
const camera = (camera_id: string, name: string) => ({ camera_id, name, enabled: true, groups: [], counting: [] });

const mapping: Mapping = {
  saved_at: null,
  doors: [door('a', 'Lobby east'), door('b', 'Lobby west'), door('x', 'Old gate', true)],
  cameras: [camera('1', 'Entrance'), camera('2', 'Dome'), camera('3', 'Yard')],
  mapping: { a: ['1'], x: ['3'] },
};
const none = new Map();

describe('a change of the mapping', () => {
  it('is made by choosing a door and undone by choosing it again', () => {
    const once = toggled(mapping, none, '2', 'a');
    expect(camerasOf(mapping, once, 'a')).toEqual(['1', '2']);
    expect(toggled(mapping, once, '2', 'a').size).toBe(0);
  });

  it('is sent with what the door was before', () => {
    const draft = toggled(mapping, toggled(mapping, none, '1', 'a'), '1', 'b');
    expect(changesOf(draft)).toEqual([
      { door_id: 'a', before: ['1'], after: [] },
      { door_id: 'b', before: [], after: ['1'] },
    ]);
  });

  it('keeps what the door was when it began, whatever is heard meanwhile', () => {
    const draft = toggled(mapping, none, '2', 'b');
    const news = { ...mapping, mapping: { ...mapping.mapping, b: ['3'] } };
    expect(changesOf(toggled(news, draft, '1', 'b'))).toEqual([{ door_id: 'b', before: [], after: ['2', '1'] }]);
  });

  it('goes on top of what somebody else saved', () => {
    const draft = withCameras(mapping, toggled(mapping, none, '2', 'b'), 'a', []);
    const now = rebased(draft, (id) => ({ a: ['1', '3'], b: ['3'] })[id] ?? []);
    expect(changesOf(now)).toEqual([
      { door_id: 'b', before: ['3'], after: ['3', '2'] },
      { door_id: 'a', before: ['1', '3'], after: ['3'] },
    ]);
    expect(rebased(draft, (id) => ({ b: ['2'] })[id] ?? []).size).toBe(0);
  });

  it('is summed up in names', () => {
    const draft = withCameras(mapping, none, 'a', ['2']);
    expect(summaryOf(mapping, draft)).toMatchObject([{ added: ['Dome'], removed: ['Entrance'], primary: null }]);
  });

  it('tells another first camera as such', () => {
    const two = { ...mapping, mapping: { a: ['1', '2'] } };
    const draft = withCameras(two, none, 'a', ['2', '1']);
    expect(summaryOf(two, draft)).toMatchObject([{ added: [], removed: [], primary: 'Dome' }]);
  });
});

describe('what is shown', () => {
  const doors = doorsByCamera(mapping, none);

  it('has the doors of each camera, stale ones by name', () => {
    expect(doors.get('3')?.map((one) => [one.name, one.stale])).toEqual([['Old gate', true]]);
    expect(doors.get('2')).toBeUndefined();
  });

  it('follows the filter and the words, in camera or door', () => {
    const names = (text: string, show: 'all' | 'unmapped' | 'stale' = 'all') =>
      shownCameras(mapping.cameras, doors, text, show).map((one) => one.name);
    expect(names('')).toEqual(['Entrance', 'Dome', 'Yard']);
    expect(names('east entr')).toEqual(['Entrance']);
    expect(names('', 'unmapped')).toEqual(['Dome']);
    expect(names('', 'stale')).toEqual(['Yard']);
  });

  it('offers the doors that are listed, and tells those that the camera sees', () => {
    const choices = doorChoices(mapping.doors, [door('b', 'Lobby west')]);
    expect(choices.map((one) => [one.name, one.also, one.chosen])).toEqual([
      ['Lobby east', 'guid-a', false],
      ['Lobby west', 'guid-b', true],
    ]);
  });
});
