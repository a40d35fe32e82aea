/** What a verdict rests on, as facts to read, and what changed from one revision to the next. */
import { plural, t } from '@lingui/core/macro';
import type { IncidentDetail, IncidentRevision } from '../../api/types';
import { seenWords } from '../../appearance';
import { fromIso, SECOND } from '../../time';
import { kindLook, stateWords } from '../../words';

export interface Fact {
  label: string;
  value: string;
  /** What the value means, where that is not plain. */
  hint?: string;
}

const share = (part: number) => `${Math.round(part * 100)} %`;
const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

/** Everything that the rule counted for its sentence. */
export function factsOf(incident: IncidentDetail): Fact[] {
  const outcomes = (name: string) => incident.crossings.filter((crossing) => crossing.outcome === name).length;
  const admitted = outcomes('admitted');
  const facts: Fact[] = [
    { label: t`People counted`, value: `${incident.people}` },
    { label: t`Grants used`, value: grantWords(incident) },
    { label: t`Admissions taken`, value: admitted ? many(admitted, t`person`, t`people`) : t`none` },
    { label: t`Without an admission`, value: many(incident.excess, t`person`, t`people`) },
  ];
  if (incident.possible) {
    facts.push({
      label: t`Perhaps more`,
      value: many(incident.possible, t`person`, t`people`),
      hint: t`Somebody may have been hidden behind another, or two cameras disagree: look at the clip.`,
    });
  }
  facts.push({ label: t`Crossings`, value: crossingWords(incident) });
  if (incident.crossings.length) facts.push(confidenceFact(incident));
  const without = incident.crossings.filter((crossing) => crossing.outcome === 'excess').map(seenWords);
  if (without.some(Boolean)) {
    facts.push({ label: t`Who had none`, value: without.filter(Boolean).join('; ') });
  }
  facts.push({
    label: plural(incident.cameras.length, { one: 'Camera', other: 'Cameras' }),
    value: cameraWords(incident),
  });
  if (typeof incident.sensed === 'number') facts.push(sensorFact(incident.sensed, incident));
  facts.push({
    label: t`Seen`,
    value: incident.coverage === 'partial' ? t`not all of it` : t`all of it`,
    ...(incident.coverage === 'partial'
      ? { hint: t`The camera missed part of this time: there may have been more people, not fewer.` }
      : {}),
  });
  return [...facts, { label: t`State`, value: stateWords(incident.state) }];
}

function grantWords(incident: IncidentDetail): string {
  if (!incident.grants_used.length) return incident.grants ? `${incident.grants}` : t`none`;
  return incident.grants_used.map((grant) => grant.actor_name ?? t`somebody without a name`).join(', ');
}

function crossingWords(incident: IncidentDetail): string {
  const count = (way: string) => incident.crossings.filter((crossing) => crossing.direction === way).length;
  const span = (fromIso(incident.end) - fromIso(incident.start)) / SECOND;
  const within = span > 0.05 ? t`, the excess within ${span.toFixed(1)} s` : '';
  const out = count('out');
  return t`${count('in')} in${out ? t`, ${out} out` : ''}${within}`;
}

function confidenceFact(incident: IncidentDetail): Fact {
  const least = Math.min(...incident.crossings.map((crossing) => crossing.confidence));
  const lost = incident.crossings.filter((crossing) => !Number.isFinite(crossing.confidence)).length;
  return {
    label: t`Least sure crossing`,
    value: lost ? t`unknown` : share(least),
    hint: t`How sure the camera is that one person really passed; each crossing below has its own.`,
  };
}

function sensorFact(sensed: number, incident: IncidentDetail): Fact {
  const entered = incident.crossings.filter((crossing) => crossing.direction === 'in').length;
  const agree = sensed === entered;
  return {
    label: t`Door's own sensor`,
    value: many(sensed, t`entry`, t`entries`),
    hint: agree ? t`It counted as many as the camera.` : t`The camera counted ${entered}: look at the clip.`,
  };
}

function cameraWords(incident: IncidentDetail): string {
  const name = (id: string) => incident.cameras.find((camera) => camera.camera_id === id)?.name ?? t`a removed camera`;
  const saw = new Set(incident.crossings.map((crossing) => crossing.camera_id));
  if (!saw.size) return incident.cameras.map((camera) => camera.name).join(', ') || t`none`;
  const count = (id: string) => incident.crossings.filter((crossing) => crossing.camera_id === id).length;
  return [...saw].map((id) => (saw.size > 1 ? `${name(id)} (${count(id)})` : name(id))).join(', ');
}

/** What a revision changed, in words; the first one says that it began. */
export function changesOf(before: IncidentRevision | undefined, now: IncidentRevision): string[] {
  if (!before) return [t`first seen`];
  const changes: string[] = [];
  if (before.state !== now.state) changes.push(stateChange(before.state, now.state));
  if (before.kind !== now.kind) changes.push(t`now called ${kindLook(now.kind).word.toLowerCase()}`);
  for (const key of ['people', 'grants', 'excess'] as const) {
    if (before[key] !== now[key])
      changes.push(`${key === 'excess' ? t`without a grant` : key} ${before[key]} → ${now[key]}`);
  }
  return changes.length ? changes : [t`its reason was put in other words`];
}

function stateChange(before: string, now: string): string {
  if (now === 'explained') return t`explained by a later event: whoever was alerted got a correction`;
  if (now === 'withdrawn') return t`withdrawn: it turned out to be none`;
  if (now === 'unconfirmed') return t`unconfirmed: the access control system was not heard at that time`;
  if (now === 'final') return before === 'unconfirmed' ? t`confirmed by what arrived later, and final` : t`final`;
  return t`${now} again`;
}
