/** How much video may be exported around an incident. */
import { fromIso, SECOND } from '../../time';

/** As much as the server exports at once, from the first second to the last. */
const LONGEST_SECONDS = 600;

/** The seconds before the first entry and after the last one that an export may have together. */
export function roomAround({ start, end }: { start: string; end: string }): number {
  return Math.max(0, Math.floor(LONGEST_SECONDS - (fromIso(end) - fromIso(start)) / SECOND));
}
