/** The mapping while somebody changes it: door by door, the first camera of a door being the one that is believed. */
import type { MappableCamera, MappableDoor, Mapping, MappingChange } from '../../api/integrations';
import type { Choice } from '../../parts/choices';

/** A door's cameras when somebody began to change them, and as they shall be. */
export interface Change {
  before: readonly string[];
  after: readonly string[];
}

/** Doors whose cameras were changed and not saved. */
export type Draft = ReadonlyMap<string, Change>;

export const camerasOf = (mapping: Mapping, draft: Draft, door: string): readonly string[] =>
  draft.get(door)?.after ?? mapping.mapping[door] ?? [];

const same = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((id, index) => id === other[index]);

/**
 * The draft with one door changed; a door that is back to what it was is no change.
 *
 * What it was is kept from the first change on: news of what somebody else saved must not pass for having been seen.
 */
export function withChange(draft: Draft, door: string, stored: readonly string[], after: readonly string[]): Draft {
  const next = new Map(draft);
  const before = draft.get(door)?.before ?? stored;
  if (same(after, before)) next.delete(door);
  else next.set(door, { before, after });
  return next;
}

export const withCameras = (mapping: Mapping, draft: Draft, door: string, cameras: readonly string[]): Draft =>
  withChange(draft, door, mapping.mapping[door] ?? [], cameras);

/** The same cameras added and taken away, on top of what is stored now: what is left to save after somebody else did. */
export function rebased(draft: Draft, stored: (door: string) => readonly string[]): Draft {
  let next: Draft = new Map();
  for (const [door, { before, after }] of draft) {
    const now = stored(door);
    const kept = now.filter((camera) => after.includes(camera) || !before.includes(camera));
    const added = after.filter((camera) => !before.includes(camera) && !now.includes(camera));
    next = withChange(next, door, now, same(now, before) ? after : [...kept, ...added]);
  }
  return next;
}

/** Map a camera to a door, or take it away when it is mapped already. */
export function toggled(mapping: Mapping, draft: Draft, camera: string, door: string): Draft {
  const now = camerasOf(mapping, draft, door);
  const next = now.includes(camera) ? now.filter((other) => other !== camera) : [...now, camera];
  return withCameras(mapping, draft, door, next);
}

/** Camera to its doors, as the draft has it. */
export function doorsByCamera(mapping: Mapping, draft: Draft): Map<string, MappableDoor[]> {
  const found = new Map<string, MappableDoor[]>();
  for (const door of mapping.doors) {
    for (const camera of camerasOf(mapping, draft, door.door_id)) {
      const doors = found.get(camera);
      if (doors) doors.push(door);
      else found.set(camera, [door]);
    }
  }
  return found;
}

/** What is sent: every changed door with what it was when the change began. */
export function changesOf(draft: Draft): MappingChange[] {
  return [...draft].map(([door_id, { before, after }]) => ({ door_id, before: [...before], after: [...after] }));
}

export interface DoorSummary {
  door: MappableDoor;
  added: string[];
  removed: string[];
  /** The camera that is believed from now on, where that changes without one coming or going. */
  primary: string | null;
}

/** What saving would do, door by door, in names. */
export function summaryOf(mapping: Mapping, draft: Draft): DoorSummary[] {
  const names = new Map(mapping.cameras.map((camera) => [camera.camera_id, camera.name]));
  const name = (id: string) => names.get(id) ?? id;
  return mapping.doors
    .filter((door) => draft.has(door.door_id))
    .map((door) => {
      const before = draft.get(door.door_id)?.before ?? [];
      const after = camerasOf(mapping, draft, door.door_id);
      const added = after.filter((id) => !before.includes(id)).map(name);
      const removed = before.filter((id) => !after.includes(id)).map(name);
      const first = after[0];
      const primary = !added.length && !removed.length && first !== undefined ? name(first) : null;
      return { door, added, removed, primary };
    });
}

export type Show = 'all' | 'unmapped' | 'stale';

/** The cameras to show: those of a filter, whose name or one of whose doors has every word of the text. */
export function shownCameras(
  cameras: readonly MappableCamera[],
  doors: ReadonlyMap<string, readonly MappableDoor[]>,
  text: string,
  show: Show,
): MappableCamera[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return cameras.filter((camera) => {
    const mapped = doors.get(camera.camera_id) ?? [];
    if (show === 'unmapped' && mapped.length) return false;
    if (show === 'stale' && !mapped.some((door) => door.stale)) return false;
    if (!words.length) return true;
    const told = [camera.name, ...camera.groups, ...mapped.map((door) => door.name)].join(' ').toLowerCase();
    return words.every((word) => told.includes(word));
  });
}

/** What the drop-down of doors beside a camera offers: the doors that are listed, the mapped ones marked. */
export function doorChoices(doors: readonly MappableDoor[], mapped: readonly MappableDoor[]): Choice[] {
  const chosen = new Set(mapped.map((door) => door.door_id));
  return doors
    .filter((door) => !door.stale)
    .map((door) => ({ id: door.door_id, name: door.name, also: door.device_id, chosen: chosen.has(door.door_id) }));
}
