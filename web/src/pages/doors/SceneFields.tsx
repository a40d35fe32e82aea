/** What there is to say about a scene beside its picture: its parts, the floor's measures, and the scene as text. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type ReactNode, useId, useState } from 'react';
import { Switch } from 'react-aria-components';
import { Button } from '../../parts/basics';
import { say } from '../../shell/ask';
import type { Problems } from './sceneCheck';
import { type FloorDraft, type SceneDraft, withDoorway, withFloor } from './sceneDraft';
import { fromYaml, toYaml } from './sceneYaml';

interface Props {
  draft: SceneDraft;
  problems: Problems;
  door: string;
  onChange: (draft: SceneDraft, gesture?: string) => void;
  /** The draft is another one altogether. */
  onReplace: (draft: SceneDraft) => void;
}

export function SceneFields({ draft, problems, door, onChange, onReplace }: Props) {
  const { doorway, floor } = draft;
  return (
    <div className="scene-fields">
      <FieldGroup part="threshold" title={t`Threshold`} problem={problems.threshold}>
        <Trans>The line on the floor from post to post, where soles touch it.</Trans>
      </FieldGroup>
      <FieldGroup part="inside" title={t`Inside`} problem={problems.inside}>
        <Trans>
          The arrow points into the room: who moves that way goes <em>in</em>.
        </Trans>
      </FieldGroup>
      <FieldGroup
        part="doorway"
        title={t`Doorway`}
        problem={problems.doorway}
        on={doorway !== null}
        onSwitch={(on) => onChange(on ? withDoorway(draft) : { ...draft, doorway: null })}
        propose={() => onChange(withDoorway(draft))}
      >
        <Trans>The floor beyond the threshold that is seen through the open door.</Trans>
      </FieldGroup>
      <FieldGroup
        part="floor"
        title={t`Floor`}
        problem={problems.corners}
        on={floor !== null}
        onSwitch={(on) => onChange(on ? withFloor(draft) : { ...draft, floor: null })}
        propose={() => onChange(withFloor(draft))}
      >
        <Trans>
          A rectangle that you have measured, such as some floor tiles; its width runs along the threshold, its depth
          into the room.
        </Trans>
      </FieldGroup>
      {floor ? (
        <Measures
          floor={floor}
          problems={problems}
          onChange={(next, field) => onChange({ ...draft, floor: next }, `typing ${field}`)}
        />
      ) : null}
      <AsText draft={draft} door={door} onReplace={onReplace} />
    </div>
  );
}

interface GroupProps {
  part: string;
  title: string;
  problem?: string;
  on?: boolean;
  onSwitch?: (on: boolean) => void;
  propose?: () => void;
  children: ReactNode;
}

function FieldGroup({ part, title, problem, on, onSwitch, propose, children }: GroupProps) {
  return (
    <section className={`scene-group part-${part}`} aria-label={title}>
      <header>
        <h2>
          <span className="scene-swatch" aria-hidden="true" />
          {title}
        </h2>
        {onSwitch ? (
          <Switch className="switch" isSelected={on} onChange={onSwitch} aria-label={t`${title} on`}>
            <span className="switch-track" aria-hidden="true" />
          </Switch>
        ) : null}
      </header>
      <p className="soft small">{children}</p>
      {problem ? (
        <p className="failure-text small" role="alert">
          {problem}
        </p>
      ) : null}
      {propose && on ? (
        <Button onPress={propose} aria-label={t`Propose the ${title.toLowerCase()} from the threshold`}>
          {t`Propose from the threshold`}
        </Button>
      ) : null}
    </section>
  );
}

const MEASURES = [
  ['width', t`Width`, 'size'],
  ['depth', t`Depth`, 'size'],
  ['tile', t`Tile`, 'tile'],
] as const;

function Measures(props: {
  floor: FloorDraft;
  problems: Problems;
  onChange: (floor: FloorDraft, field: string) => void;
}) {
  const { floor, problems, onChange } = props;
  const id = useId();
  const sentence = problems.size ?? problems.tile;
  return (
    <div className="scene-measures">
      {MEASURES.map(([field, word, problem]) => (
        <label key={field}>
          {word}, m
          <input
            inputMode="decimal"
            value={floor[field]}
            aria-invalid={problems[problem] ? true : undefined}
            aria-describedby={problems[problem] ? id : undefined}
            onChange={(event) => onChange({ ...floor, [field]: event.target.value }, field)}
          />
        </label>
      ))}
      {sentence ? (
        <p id={id} className="failure-text small" role="alert">
          {sentence}
        </p>
      ) : null}
    </div>
  );
}

/** The scene in the shape of scene.yaml, to copy and to paste. */
function AsText({
  draft,
  door,
  onReplace,
}: {
  draft: SceneDraft;
  door: string;
  onReplace: (draft: SceneDraft) => void;
}) {
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState('');
  const text = typed ?? toYaml(draft, door);
  const use = () => {
    try {
      onReplace(fromYaml(text));
      setTyped(null);
      setProblem('');
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(t`The scene is copied.`);
    } catch {
      say(t`The browser keeps the clipboard from this page; mark the text and copy it.`);
    }
  };
  return (
    <details className="scene-text">
      <summary>{t`As text (scene.yaml)`}</summary>
      <textarea
        aria-label={t`The scene in the shape of scene.yaml`}
        rows={10}
        spellCheck="false"
        value={text}
        onChange={(event) => {
          setTyped(event.target.value);
          setProblem('');
        }}
      />
      {problem ? (
        <p className="failure-text small" role="alert">
          {problem}
        </p>
      ) : null}
      <div className="actions">
        <Button onPress={() => void copy()}>{t`Copy`}</Button>
        <Button onPress={use} isDisabled={typed === null}>
          {t`Use this text`}
        </Button>
        {typed === null ? null : (
          <Button
            onPress={() => {
              setTyped(null);
              setProblem('');
            }}
          >
            {t`Discard`}
          </Button>
        )}
      </div>
    </details>
  );
}
