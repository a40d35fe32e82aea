/** Which cameras are on the wall, and in which order. */
import type { Camera } from '../api/types';

/** So many cameras are shown at a time; `0` shows as many as there are, up to the most. */
export const LAYOUTS = [0, 1, 4, 9, 16] as const;
export const MOST = 16;
const NAME = 'doorwatch.wall';

/** The layout that was chosen in this browser. */
export function keptLayout(): number {
  const kept = Number(localStorage.getItem(NAME));
  return LAYOUTS.find((layout) => layout === kept) ?? 0;
}

export function keepLayout(layout: number): void {
  localStorage.setItem(NAME, String(layout));
}

/** How many columns so many cameras are shown in. */
export function columnsOf(layout: number, cameras: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(layout || Math.min(cameras, MOST))));
}

/** The cameras of one page of the wall; pages that are not there are the last one. */
export function pageOf<T>(
  all: readonly T[],
  layout: number,
  page: number,
): { shown: readonly T[]; page: number; pages: number } {
  const size = layout || MOST;
  const pages = Math.max(1, Math.ceil(all.length / size));
  const here = Math.min(pages - 1, Math.max(0, page));
  return { shown: all.slice(here * size, (here + 1) * size), page: here, pages };
}

/** Cameras that see a door come first; those that are switched off are not on the wall. */
export function wallOf(cameras: readonly Camera[]): Camera[] {
  const seen = cameras.filter((camera) => camera.enabled);
  return [...seen.filter((camera) => camera.doors.length), ...seen.filter((camera) => !camera.doors.length)];
}
