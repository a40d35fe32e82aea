/** Addresses of the timeline: of a door or a camera, at a time. */
import type { Moment } from '../../api/types';

/** `at` is ISO 8601; without it the page shows now. */
export function doorTimeline(door: string, at?: string): string {
  return `/doors/${encodeURIComponent(door)}/timeline${at ? `?at=${encodeURIComponent(at)}` : ''}`;
}

export function cameraTimeline(camera: string, at?: string): string {
  return `/doors/cameras/${encodeURIComponent(camera)}/timeline${at ? `?at=${encodeURIComponent(at)}` : ''}`;
}

/** Where a moment can be seen; null for one of no door and no camera. */
export function momentTimeline(moment: Moment): string | null {
  if (moment.door) return doorTimeline(moment.door.door_id, moment.at);
  const camera = moment.cameras[0];
  return camera ? cameraTimeline(camera.camera_id, moment.at) : null;
}
