/** How a camera is. */
import { t } from '@lingui/core/macro';
import type { Camera } from '../../api/types';
import type { ShapeName } from '../../parts/icons';

/** How a camera is, as a word, a shape and a colour. */
export function cameraHealth(camera: Camera): { word: string; shape: ShapeName; tone: string } {
  if (!camera.enabled) return { word: t`switched off`, shape: 'slash', tone: 'starting' };
  const { code } = camera.status;
  if (code === 200) return { word: t`online`, shape: 'pulse', tone: 'good' };
  if (code < 200) return { word: t`starting`, shape: 'dot', tone: 'starting' };
  const word = { 401: t`password refused`, 404: t`not found`, 408: t`no answer` }[code] ?? t`not working`;
  return { word, shape: 'cross', tone: 'bad' };
}

/** What the analyzer says is wrong with a camera, also while it is online: its main stream may be away. */
export function cameraTrouble(camera: Camera): string {
  const { code, message } = camera.status;
  if (code >= 400) return message;
  return code === 200 && message !== 'online' ? message : '';
}

/** How far a camera's clock is off; less than half a second may be the network's delay. Nothing when it tells no time. */
export function clockOff(skewMs: number | null): string {
  if (skewMs === null) return '';
  const seconds = Math.abs(skewMs) / 1000;
  if (seconds < 0.5) return t`clock in step`;
  const [amount, unit] =
    seconds < 120 ? [seconds, 's'] : seconds < 7200 ? [seconds / 60, t`min`] : [seconds / 3600, 'h'];
  return t`clock ${amount < 10 ? amount.toFixed(1) : Math.round(amount)} ${unit} ${skewMs > 0 ? t`behind` : t`ahead`}`;
}
