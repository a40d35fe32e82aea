/** Which cameras are on the wall, and in which order. */
import type { Camera } from '../api/types';

/** Cameras that see a door come first; those that are switched off are not on the wall. */
export function wallOf(cameras: readonly Camera[]): Camera[] {
  const seen = cameras.filter((camera) => camera.enabled);
  return [...seen.filter((camera) => camera.doors.length), ...seen.filter((camera) => !camera.doors.length)];
}
