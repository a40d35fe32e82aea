/** Sizes and lengths of time of recordings in words. */
import { plural, t } from '@lingui/core/macro';
import type { CameraRecordings, DiskRecordings } from '../../api/recordings';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `0 B`, `4.2 GB`, `310 GB`: bytes in powers of a thousand, as disks are sold. */
export function sizeText(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (unit < UNITS.length - 1 && Math.round(value) >= 1000) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** A number of days as people say it: `18 h`, `3 days`, `2.5 days`. */
export function daysText(days: number): string {
  if (days < 2) {
    const hours = Math.round(days * 24);
    return hours ? t`${hours} h` : t`less than an hour`;
  }
  const shown = days < 10 ? Math.round(days * 2) / 2 : Math.round(days);
  return plural(shown, { one: '# day', other: '# days' });
}

/** How a camera is recorded, in a word or two. */
export function modeText(camera: CameraRecordings): string {
  if (camera.removed) return t`Removed`;
  if (camera.blur_people) return t`Not kept: people are blurred`;
  return { continuous: t`Always`, event: t`Around events`, off: t`Never` }[camera.mode];
}

/** For how long there is room, as a sentence. */
export function outlookText(disk: DiskRecordings): string {
  switch (disk.outlook) {
    case 'now':
      return t`Too little is free: the oldest recordings go now.`;
    case 'in_days':
      return t`Room for about ${daysText(disk.days ?? 0)} more, then the oldest recordings go before their time.`;
    case 'never':
      return t`Recordings reach their age before the disk is full.`;
    default:
      return t`How long there is room is told after ten minutes of recording.`;
  }
}
