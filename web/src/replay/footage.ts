/** Recorded video and pictures of a camera, as the server fetches them from the analyzer. */
import { t } from '@lingui/core/macro';
import type { Micros } from '../time';

export interface Footage {
  data: Uint8Array<ArrayBuffer>;
  codec: string;
  start: Micros;
  /** Where the next piece begins. */
  until: Micros;
}

/** There is no recording of the time that was asked for. */
export class NoFootage extends Error {}

const address = (camera: string) => `/api/cameras/${encodeURIComponent(camera)}`;

/** The recording from the group of pictures that `from` lies in. Throws NoFootage, or an error in the server's words. */
export async function footage(camera: string, from: Micros, until: Micros, signal: AbortSignal): Promise<Footage> {
  const query = `from_us=${Math.floor(from)}&until_us=${Math.ceil(until)}`;
  const answer = await fetch(`${address(camera)}/footage.mp4?${query}`, { signal });
  if (!answer.ok) {
    const told = (await answer.json().catch(() => ({}))) as { error?: string };
    const words = told.error ?? t`The recording cannot be had now; the page tries again by itself.`;
    throw answer.status === 404 ? new NoFootage(words) : new Error(words);
  }
  return {
    data: new Uint8Array(await answer.arrayBuffer()),
    codec: answer.headers.get('X-Codec') ?? '',
    start: Number(answer.headers.get('X-Start-Us')),
    until: Number(answer.headers.get('X-Until-Us')),
  };
}

/** The address of the recorded picture nearest to a moment. */
export function pictureAddress(camera: string, at: Micros, widest: number): string {
  return `${address(camera)}/picture.jpg?at_us=${Math.floor(at)}&widest=${widest}`;
}
