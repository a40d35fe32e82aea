/** Evidence as one signed file to hand on: what goes into it, how far it is, what is missing in it. */
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type FormEvent, useState } from 'react';
import { type Export, isBeingMade, useAskExport, useDropExport, useExports } from '../../api/exports';
import { useSession } from '../../api/queries';
import type { IncidentDetail } from '../../api/types';
import { Button, Clock, Failure } from '../../parts/basics';
import { Shape } from '../../parts/icons';
import { ask, sayWhy } from '../../shell/ask';
import { linkTo } from '../../shell/router';
import { fromIso, type Micros, SECOND } from '../../time';
import { roomAround } from './exportRoom';

const BEFORE = 5;
const AFTER = 4;

export function Exports({ incident }: { incident: IncidentDetail }) {
  const mayExport = useSession().data?.permissions.includes('review') ?? false;
  const found = useExports(incident.incident_id, mayExport);
  const [asking, setAsking] = useState(false);
  if (!mayExport) return null;
  const kept = found.data?.filter((one) => one.state !== 'gone') ?? [];
  return (
    <section className="exports" aria-label={t`Exports`}>
      {found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : null}
      {kept.map((one) => (
        <ExportLine key={one.export_id} one={one} />
      ))}
      {asking ? (
        <AskExport incident={incident} onDone={() => setAsking(false)} />
      ) : (
        <Button tone="quiet" onPress={() => setAsking(true)}>{t`Export evidence`}</Button>
      )}
    </section>
  );
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function ExportLine({ one }: { one: Export }) {
  const drop = useDropExport(one.incident_id);
  const remove = async () => {
    const text = t`The file goes; that it was made stays in the audit trail.`;
    if (await ask(t`Delete the export?`, text, t`Delete`)) {
      drop.mutateAsync(one.export_id).catch(sayWhy);
    }
  };
  return (
    <div className="export-line">
      <div className="export-words">
        <ExportState one={one} />
        <p className="soft small">
          <Trans>
            Asked for by {one.asked_by} at <Clock at={one.asked_at} />
          </Trans>
          {one.wish.blur ? t`; people hidden` : ''}
          {one.wish.overlay ? '' : t`; nothing drawn in`}
        </p>
      </div>
      <Button
        onPress={() => void remove()}
        isPending={drop.isPending}
        aria-label={isBeingMade(one) ? t`Stop the export` : t`Delete the export`}
      >
        {isBeingMade(one) ? t`Stop` : t`Delete`}
      </Button>
    </div>
  );
}

function ExportState({ one }: { one: Export }) {
  if (isBeingMade(one)) {
    return (
      <label className="export-progress">
        <span role="status">{one.state === 'waiting' ? t`The export waits` : t`The evidence is being exported`}</span>
        <progress max={100} value={one.state === 'waiting' ? undefined : one.progress} />
      </label>
    );
  }
  if (one.state === 'failed') {
    return (
      <p className="failure-text" role="alert">
        {t`The export failed:`} {one.message}
      </p>
    );
  }
  const missing = one.message?.split('\n') ?? [];
  return (
    <>
      <p className="export-ready" role="status">
        <Shape name="tick" />
        <a href={one.url ?? undefined} download>
          {t`Evidence, signed`}
        </a>
        <span className="soft small">{one.bytes === null ? '' : megabytes(one.bytes)}</span>
      </p>
      {missing.length ? (
        <details className="facts">
          <summary>
            {plural(missing.length, { one: '1 thing is missing', other: `${missing.length} things are missing` })}
          </summary>
          <ul>
            {missing.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </>
  );
}

/** The nearest whole seconds that the incident's own clip shows before the first and after the last entry. */
function shownBefore(incident: IncidentDetail): number {
  if (incident.clip_start_us === null) return BEFORE;
  return Math.max(0, Math.floor((fromIso(incident.start) - incident.clip_start_us) / SECOND));
}

const iso = (at: Micros) => new Date(at / 1000).toISOString();

function AskExport({ incident, onDone }: { incident: IncidentDetail; onDone: () => void }) {
  const make = useAskExport(incident.incident_id);
  const [before, setBefore] = useState(() => String(shownBefore(incident)));
  const [after, setAfter] = useState(String(AFTER));
  const [overlay, setOverlay] = useState(true);
  const [blur, setBlur] = useState(false);
  const [original, setOriginal] = useState(true);
  const room = roomAround(incident);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const from = iso(fromIso(incident.start) - Number(before) * SECOND);
    const until = iso(fromIso(incident.end) + Number(after) * SECOND);
    make.mutate({ from, until, overlay, blur, original: original && !blur }, { onSuccess: onDone });
  };
  return (
    <form className="export-form" onSubmit={submit} aria-label={t`Export evidence`}>
      <strong>{t`Export evidence`}</strong>
      <p className="soft small">
        <Trans>
          One file with the video, the access events, why it was judged so, and a signature that anybody can verify.{' '}
          <a {...linkTo('/settings/privacy')}>The key for it</a> is in the settings.
        </Trans>
      </p>
      <div className="export-times">
        <Seconds
          label={t`Seconds before the first entry`}
          value={before}
          onChange={setBefore}
          most={room - Number(after)}
        />
        <Seconds
          label={t`Seconds after the last entry`}
          value={after}
          onChange={setAfter}
          most={room - Number(before)}
        />
      </div>
      <p className="soft small">
        {t`At most ten minutes are exported at once: before and after together ${room} seconds.`}
      </p>
      <Choice checked={overlay} onChange={setOverlay} label={t`Draw tiles, threshold and time into the video`} />
      <Choice
        checked={blur}
        onChange={setBlur}
        label={t`Hide people`}
        hint={t`By the detector: look at the video before you hand it on. The unchanged recording is left out.`}
      />
      <Choice
        checked={original && !blur}
        disabled={blur}
        onChange={setOriginal}
        label={t`Add the recording as it is`}
        hint={t`Not encoded anew: what a court would ask for.`}
      />
      <div className="actions">
        <Button onPress={onDone}>{t`Cancel`}</Button>
        <Button type="submit" tone="main" isPending={make.isPending}>
          {t`Export`}
        </Button>
      </div>
      {make.isError ? (
        <p className="failure-text" role="alert">
          {make.error.message}
        </p>
      ) : null}
    </form>
  );
}

interface SecondsProps {
  label: string;
  value: string;
  /** As many as the other field leaves. */
  most: number;
  onChange: (value: string) => void;
}

function Seconds({ label, value, most, onChange }: SecondsProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        type="number"
        required
        min={0}
        max={Math.max(0, most)}
        step="any"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

interface ChoiceProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

function Choice({ label, hint, checked, disabled, onChange }: ChoiceProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {label}
        {hint ? <span className="soft small">{hint}</span> : null}
      </span>
    </label>
  );
}
