/** What a callback can hear of: the types in groups, each in a few words. */
import { t } from '@lingui/core/macro';
import type { components } from '../../api/schema';

export type CallbackType = components['schemas']['CallbackInput']['events'][number];

/** A type that the server knows and that has no words here is no valid record: it cannot be forgotten. */
const WORDS: Record<CallbackType, string> = {
  'incident.provisional': t`a first report, before the verdict is final`,
  'incident.created': t`an incident is final`,
  'incident.updated': t`it has grown since`,
  'incident.explained': t`a late grant accounts for it`,
  'incident.dismissed': t`somebody dismissed it`,
  'incident.reopened': t`it is open again`,
  'incident.overdue': t`nobody has reviewed it in time`,
  'pacs.events.created': t`access events`,
  'crossings.created': t`people who crossed a threshold`,
  'system.camera_offline': t`a camera is away`,
  'system.gateway_silent': t`a gateway is silent`,
  'system.spool_filling': t`a gateway's spool is filling`,
  'system.disk_filling': t`a disk is nearly full`,
  'system.recording_stopped': t`a camera is not recorded`,
  'system.footage_damaged': t`recordings are damaged`,
  'system.certificate_expiring': t`a certificate ends soon`,
  'system.door_forced': t`a door was forced open`,
  'system.door_held': t`a door is held open`,
  'system.fire_release': t`a fire release is on`,
  'camera.created': t`a camera was added`,
  'camera.updated': t`a camera or its scene was changed`,
  'camera.deleted': t`a camera was removed`,
  'device.updated': t`a door's cameras or policy were changed`,
  'device.deleted': t`a door is no longer listed`,
  'zone.created': t`a site was added`,
  'zone.updated': t`a site was changed`,
  'zone.deleted': t`a site was removed`,
  'hook.created': t`a webhook or callback was added`,
  'hook.deleted': t`a webhook or callback was removed`,
};

const TYPES = Object.keys(WORDS) as CallbackType[];
const begins = (...heads: string[]) => TYPES.filter((type) => heads.some((head) => type.startsWith(head)));

export const GROUPS: { word: string; types: CallbackType[] }[] = [
  { word: t`Incidents`, types: begins('incident.') },
  { word: t`What happens at doors`, types: begins('pacs.', 'crossings.') },
  { word: t`Troubles: when they begin, and when they are over`, types: begins('system.') },
  { word: t`Changes in the account`, types: begins('camera.', 'device.', 'zone.', 'hook.') },
];

export const typeWords = (type: string) => WORDS[type as CallbackType] ?? type;

/** Headers as they are typed, `Name: value` one a line; a line without a colon is a name without a value. */
export function headersIn(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim());
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.trim(), value.join(':').trim()];
    }),
  );
}
