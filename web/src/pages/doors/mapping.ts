/** Which cameras see which door while somebody changes that and has not saved it. */
import type { Door } from '../../api/types';
import { type Draft, withChange } from '../integrations/draft';

export function mappingOf(door: Door, draft: Draft): readonly string[] {
  return draft.get(door.door_id)?.after ?? storedOf(door);
}

export const storedOf = (door: Door): string[] => door.cameras.map((camera) => camera.camera_id);

/** The draft with one more change; a door that is back to what it was is no change. */
export const withMapping = (draft: Draft, door: Door, cameras: readonly string[]): Draft =>
  withChange(draft, door.door_id, storedOf(door), cameras);
