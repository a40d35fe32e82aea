/** How a camera is recorded: always, around events or not at all, out of which stream, and how long that is kept. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { components } from '../../api/schema';

type Recording = components['schemas']['RecordingShape'];

/** What stands in the fields: numbers as they are typed, empty for what the installation says. */
export type RecordingDraft = {
  mode: NonNullable<Recording['mode']>;
  stream: NonNullable<Recording['stream']>;
  on_motion: boolean;
  pre_roll: string;
  post_roll: string;
  days: string;
  event_days: string;
  gigabytes: string;
};

const LIMITS = {
  pre_roll: [0, 60],
  post_roll: [1, 600],
  days: [0.01, 3650],
  event_days: [0.01, 3650],
  gigabytes: [0.01, 1_000_000],
} as const;

const typed = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value));
const numberOf = (text: string) => (text.trim() === '' ? null : Number(text));

export const draftOf = (told: Recording | undefined): RecordingDraft => ({
  mode: told?.mode ?? 'continuous',
  stream: told?.stream ?? 'main',
  on_motion: told?.on_motion ?? true,
  pre_roll: typed(told?.pre_roll ?? 10),
  post_roll: typed(told?.post_roll ?? 10),
  days: typed(told?.days),
  event_days: typed(told?.event_days),
  gigabytes: typed(told?.gigabytes),
});

/** What is to be stored of a draft, beside what is stored: nothing where nothing was changed. */
export function changesOf(draft: RecordingDraft, told: Recording | undefined): { recording?: Recording } {
  const stored = draftOf(told);
  if (JSON.stringify(stored) === JSON.stringify(draft)) {
    return {};
  }
  return {
    recording: {
      mode: draft.mode,
      stream: draft.stream,
      on_motion: draft.on_motion,
      pre_roll: numberOf(draft.pre_roll) ?? 10,
      post_roll: numberOf(draft.post_roll) ?? 10,
      days: numberOf(draft.days),
      event_days: numberOf(draft.event_days),
      gigabytes: numberOf(draft.gigabytes),
    },
  };
}

export function RecordingPart(props: {
  draft: RecordingDraft;
  onChange: (draft: RecordingDraft) => void;
  hasMain: boolean;
  blurred: boolean;
}) {
  const { draft, hasMain, blurred } = props;
  const set = (part: Partial<RecordingDraft>) => props.onChange({ ...draft, ...part });
  const field = (name: keyof typeof LIMITS, label: string, hint: string) => (
    <label>
      {label}
      <input
        type="number"
        step="any"
        min={LIMITS[name][0]}
        max={LIMITS[name][1]}
        value={draft[name]}
        placeholder={hint}
        onChange={(event) => set({ [name]: event.target.value })}
      />
    </label>
  );
  return (
    <fieldset className="recording-part">
      <legend>{t`Recording`}</legend>
      <div className="recording-modes">
        {(
          [
            ['continuous', t`Always`],
            ['event', t`Around events`],
            ['off', t`Never`],
          ] as const
        ).map(([mode, label]) => (
          <label key={mode} className="check">
            <input type="radio" name="recording-mode" checked={draft.mode === mode} onChange={() => set({ mode })} />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {draft.mode === 'off' ? (
        <p className="soft small">
          <Trans>People are counted and shown live; incidents of this camera have no pictures and no clips.</Trans>
        </p>
      ) : null}
      {draft.mode === 'event' && !blurred ? (
        <>
          <p className="soft small">
            <Trans>
              Recorded when somebody crosses the threshold or the access control system tells of the door, with the
              seconds before and after it.
            </Trans>
          </p>
          <div className="recording-fields">
            {field('pre_roll', t`Seconds before (0 to 60)`, '10')}
            {field('post_roll', t`Seconds after (1 to 600)`, '10')}
          </div>
          <label className="check">
            <input
              type="checkbox"
              checked={draft.on_motion}
              onChange={(event) => set({ on_motion: event.target.checked })}
            />
            <span>{t`Also when something moves around its doors`}</span>
          </label>
        </>
      ) : null}
      {draft.mode !== 'off' && hasMain ? (
        <label>
          {t`Recorded stream`}
          <select
            value={draft.stream}
            onChange={(event) => set({ stream: event.target.value as RecordingDraft['stream'] })}
          >
            <option value="main">{t`Main stream`}</option>
            <option value="counted">{t`The stream that people are counted in`}</option>
          </select>
        </label>
      ) : null}
      {draft.mode !== 'off' && !blurred ? (
        <div className="recording-fields">
          {field('days', t`Keep for days`, t`as usual`)}
          {field('event_days', t`Events for days`, t`as usual`)}
          {field('gigabytes', t`At most gigabytes`, t`any`)}
        </div>
      ) : null}
    </fieldset>
  );
}
