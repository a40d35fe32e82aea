/** Which cameras see which door while somebody changes that and has not saved it. */
import type { MappingChange } from '../../api/integrations';
import type { Door } from '../../api/types';

/** Mapping that was changed and not saved, by door. */
export type Draft = ReadonlyMap<string, string[]>;

export function mappingOf(door: Door, draft: Draft): string[] {
  return draft.get(door.door_id) ?? door.cameras.map((camera) => camera.camera_id);
}

/** What is sent to save: every changed door with the cameras it was shown with. */
export function changesOf(doors: readonly Door[], draft: Draft): MappingChange[] {
  return doors
    .filter((door) => draft.has(door.door_id))
    .map((door) => ({
      door_id: door.door_id,
      before: door.cameras.map((camera) => camera.camera_id),
      after: mappingOf(door, draft),
    }));
}

/** The draft with one more change; a door that is back to what is stored is no change. */
export function withMapping(draft: Draft, door: Door, cameras: string[]): Draft {
  const next = new Map(draft);
  const stored = door.cameras.map((camera) => camera.camera_id);
  if (stored.length === cameras.length && stored.every((id, index) => id === cameras[index])) next.delete(door.door_id);
  else next.set(door.door_id, cameras);
  return next;
}
