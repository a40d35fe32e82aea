/** How a camera is. */
import type { Camera } from '../../api/types';
import type { ShapeName } from '../../parts/icons';

/** How a camera is, as a word, a shape and a colour. */
export function cameraHealth(camera: Camera): { word: string; shape: ShapeName; tone: string } {
  if (!camera.enabled) return { word: 'switched off', shape: 'slash', tone: 'starting' };
  const { code } = camera.status;
  if (code === 200) return { word: 'online', shape: 'pulse', tone: 'good' };
  if (code < 200) return { word: 'starting', shape: 'dot', tone: 'starting' };
  const word = { 401: 'password refused', 404: 'not found', 408: 'no answer' }[code] ?? 'not working';
  return { word, shape: 'cross', tone: 'bad' };
}
