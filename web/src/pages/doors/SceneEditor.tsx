/** Where the scene of one camera and one door is drawn: on the camera's newest picture, point by point. */
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { ApiError } from '../../api/client';
import { useCameras, useSaveScene } from '../../api/queries';
import type { Camera, Scene } from '../../api/types';
import type { Point } from '../../geometry/homography';
import type { Shown } from '../../live/useLive';
import { Button, Empty, Failure, Loading, PageTitle, refusalShown } from '../../parts/basics';
import { ask, say } from '../../shell/ask';
import { linkTo, useLeaveGuard } from '../../shell/router';
import { type Proposal, usePlacement, useProposal } from './commissionApi';
import { ProposalPart } from './ProposalPart';
import { SceneFields } from './SceneFields';
import { SceneStage } from './SceneStage';
import { problemsOf } from './sceneCheck';
import {
  begun,
  changed,
  draftOf,
  type Handle,
  handlesOf,
  moved,
  redone,
  type SceneDraft,
  sameScene,
  sameShape,
  startingDraft,
  stretched,
  toScene,
  undone,
  viewOf,
} from './sceneDraft';

type Size = readonly [number, number];

export function SceneEditorPage({ cameraId, doorId }: { cameraId: string; doorId: string }) {
  const cameras = useCameras();
  const camera = cameras.data?.find((one) => one.camera_id === cameraId);
  const door = camera?.doors.find((one) => one.door_id === doorId);
  return (
    <div className="doors-page scene-page">
      <PageTitle side={<a {...linkTo('/doors')}>{t`Back to Doors`}</a>}>{t`Scene`}</PageTitle>
      {cameras.isPending ? <Loading what={t`the camera`} /> : null}
      {cameras.isError ? <Failure error={cameras.error} retry={() => void cameras.refetch()} /> : null}
      {cameras.data && !camera ? (
        <Empty title={t`There is no such camera`}>{t`It may have been removed; choose one on the Doors page.`}</Empty>
      ) : null}
      {camera && !door ? (
        <Empty title={t`${camera.name} is not mapped to this door`}>
          <Trans>Map the camera to the door on the Doors page and save; then its scene can be drawn.</Trans>
        </Empty>
      ) : null}
      {camera && door ? <WithPicture key={`${cameraId} ${doorId}`} camera={camera} door={door} /> : null}
    </div>
  );
}

type Door = Camera['doors'][number];

/** Waits for the camera's picture: its size is what the scene is drawn in. */
function WithPicture({ camera, door }: { camera: Camera; door: Door }) {
  const [taken, setTaken] = useState(() => Date.now());
  const [size, setSize] = useState<Size | null | 'waiting'>('waiting');
  const picture = `/api/cameras/${encodeURIComponent(camera.camera_id)}/snapshot.jpg?n=${taken}`;
  const scene = camera.scenes.find((one) => one.door_id === door.door_id) ?? null;
  const told: Size | null = camera.width && camera.height ? [camera.width, camera.height] : null;
  const again = () => setTaken(Date.now());
  const proposal = useProposal(camera.camera_id, door.door_id, !scene);
  if ((size === 'waiting' || proposal.isPending) && !scene) {
    return (
      <>
        <Loading what={t`a picture of ${camera.name}`} />
        <img
          hidden
          alt=""
          src={picture}
          onLoad={(event) => setSize([event.currentTarget.naturalWidth, event.currentTarget.naturalHeight])}
          onError={() => setSize(null)}
        />
      </>
    );
  }
  const known = size === 'waiting' ? null : size;
  const base = known ?? told;
  if (!scene && !base) {
    return (
      <div className="notice empty">
        <p className="notice-title">
          <Trans>There is no picture of {camera.name} yet</Trans>
        </p>
        <p>
          <Trans>
            {camera.enabled ? camera.status.message : t`The camera is switched off; switch it on on the Doors page.`} A
            scene is drawn on a picture.
          </Trans>
        </p>
        <Button
          onPress={() => {
            setSize('waiting');
            again();
          }}
        >
          {t`Try again`}
        </Button>
      </div>
    );
  }
  return (
    <Editor
      camera={camera}
      door={door}
      scene={scene}
      proposal={proposal.data}
      first={scene ? draftOf(scene) : (proposedDraft(proposal.data, base as Size) ?? startingDraft(base as Size))}
      picture={picture}
      pictureSize={size}
      onPicture={setSize}
      onNewPicture={again}
    />
  );
}

/** The proposal as a draft; null while there is none, or when it was made on a picture of another shape. */
function proposedDraft(proposal: Proposal | undefined, size: Size): SceneDraft | null {
  if (!proposal?.scene || !sameShape(proposal.scene.size, size)) return null;
  return draftOf(proposal.scene);
}

/** The draft as it was some time ago: not every pixel of a gesture is asked about. */
function useSettled(draft: SceneDraft): SceneDraft {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), 400);
    return () => clearTimeout(timer);
  }, [draft]);
  return settled;
}

interface EditorProps {
  camera: Camera;
  door: Door;
  scene: Scene | null;
  proposal: Proposal | undefined;
  first: SceneDraft;
  picture: string;
  pictureSize: Size | null | 'waiting';
  onPicture: (size: Size | null) => void;
  onNewPicture: () => void;
}

/** The draft with its history, and what is stored of it: `scene` as the server told it, null while there is none. */
function useDraft(first: SceneDraft, scene: Scene | null) {
  const [history, setHistory] = useState(() => begun(first));
  const [kept, setKept] = useState({ draft: first, scene });
  const [view, setView] = useState(() => viewOf(first));
  const draft = history.now;
  const put = useCallback(
    (next: SceneDraft, gesture: string | null = null) => setHistory((h) => changed(h, next, gesture)),
    [],
  );
  // Another picture, a pasted scene or a way back may need more room than was shown.
  const show = useCallback((next: SceneDraft) => {
    setHistory((h) => changed(h, next));
    setView(viewOf(next));
  }, []);
  const back = useCallback(() => setHistory(undone), []);
  const forth = useCallback(() => setHistory(redone), []);
  return { history, draft, view, kept, setKept, put, show, back, forth, dirty: !sameScene(draft, kept.draft) };
}

/** Ctrl-Z and its reverse wherever the focus is, but in a text of its own. */
function useUndoKeys(back: () => void, forth: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      if (event.target instanceof HTMLTextAreaElement || document.querySelector('[role="alertdialog"]')) return;
      const key = event.key.toLowerCase();
      if (key !== 'z' && key !== 'y') return;
      event.preventDefault();
      if (key === 'y' || event.shiftKey) forth();
      else back();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [back, forth]);
}

const leave = () => ask(t`Leave without saving?`, t`The scene that you drew is not saved yet.`, t`Leave`);

function Editor({ camera, door, scene, proposal, first, picture, pictureSize, onPicture, onNewPicture }: EditorProps) {
  const { history, draft, view, kept, setKept, put, show, back, forth, dirty } = useDraft(first, scene);
  const [selected, setSelected] = useState('t0');
  const [live, setLive] = useState(camera.enabled);
  const [showing, setShowing] = useState<Shown['state'] | 'held'>('waiting');
  const save = useSaveScene();
  const cameras = useCameras();
  const stored = kept.scene !== null;
  useUndoKeys(back, forth);
  useLeaveGuard(dirty, leave);
  const problems = useMemo(() => problemsOf(draft), [draft]);
  const wrong = useMemo(
    () => new Set(Object.keys(problems).map((key) => (key === 'corners' ? 'floor' : key))),
    [problems],
  );
  const blocked = Object.keys(problems).length > 0;
  const settled = useSettled(draft);
  const judged = Object.keys(problemsOf(settled)).length ? null : toScene(settled);
  const placement = usePlacement(camera.camera_id, judged);
  const proposed = proposedDraft(proposal, draft.size);
  const handles = handlesOf(draft);
  const active = handles.find((handle) => handle.id === selected) ?? handles[0];
  const move = (handle: Handle, to: Point, gesture: string) => put(moved(draft, handle, to, view), gesture);
  // What is saved next takes the place of what somebody else drew, once it was told.
  const takeOver = async () => {
    const now = (await cameras.refetch()).data?.find((one) => one.camera_id === camera.camera_id);
    const theirs = now?.scenes.find((one) => one.door_id === door.door_id) ?? null;
    setKept({ draft: theirs ? draftOf(theirs) : first, scene: theirs });
  };
  const store = () =>
    save
      .mutateAsync({
        camera_id: camera.camera_id,
        door_id: door.door_id,
        scene: toScene(draft),
        before: kept.scene,
      })
      .then(
        (scene) => {
          setKept({ draft, scene });
          say(t`The scene of ${door.name} is saved; counting goes on with it.`);
        },
        (error) => (overtaken(error) ? takeOver() : refusalShown()),
      );
  const other =
    Array.isArray(pictureSize) && !sameShape(pictureSize as Size, draft.size) ? (pictureSize as Size) : null;
  return (
    <>
      <p className="soft scene-intro">
        <Trans>
          <strong>{camera.name}</strong> at <strong>{door.name}</strong>.{' '}
          {stored
            ? t`Drag the points, or choose one with Tab and move it with the arrow keys (Shift: ten pixels).`
            : sameAsProposed(draft, proposed)
              ? t`No scene is stored yet. This is proposed from ${proposal?.people ?? 0} people who walked by: correct it, then save.`
              : t`No scene is stored yet. This is a proposal: drag its points to where your door is, then save.`}
        </Trans>
      </p>
      {pictureSize === null && showing !== 'playing' ? (
        <p className="tone-possible" role="status">
          <Trans>
            <strong className="tone-possible">No picture came from this camera.</strong> You can still change the
            numbers.
          </Trans>
        </p>
      ) : null}
      {other ? (
        <div className="notice failure" role="alert">
          <span>
            <Trans>
              The scene was drawn on a picture of {draft.size.join(' × ')}; the camera now sends {other.join(' × ')},
              which has another shape.
            </Trans>
          </span>
          <Button onPress={() => show(stretched(draft, other))}>{t`Fit it to this picture`}</Button>
        </div>
      ) : null}
      <div className="scene-room">
        <div className="scene-left">
          <SceneStage
            camera={camera}
            live={live}
            draft={draft}
            view={view}
            picture={picture}
            label={t`Picture of ${camera.name} with the points of the scene`}
            selected={active?.id ?? null}
            wrong={wrong}
            ways={proposal && sameShape(proposal.size ?? draft.size, draft.size) ? proposal.ways : []}
            onSelect={setSelected}
            onMove={move}
            onPicture={onPicture}
            onNewPicture={onNewPicture}
            onState={setShowing}
          />
          <div className="scene-nudge">
            {active ? <Nudge handle={active} onMove={move} /> : null}
            <span className="actions">
              <span className="soft small scene-showing">{showingWords(showing)}</span>
              {live ? (
                <Button
                  onPress={() => {
                    onNewPicture();
                    setLive(false);
                  }}
                >
                  {t`Hold the picture`}
                </Button>
              ) : (
                <>
                  <Button onPress={onNewPicture}>{t`New picture`}</Button>
                  <Button onPress={() => setLive(true)}>{t`Live picture`}</Button>
                </>
              )}
            </span>
          </div>
        </div>
        <div className="scene-fields">
          <ProposalPart
            cameraId={camera.camera_id}
            proposal={proposal}
            placement={placement.data ?? proposal?.placement}
            taken={sameAsProposed(draft, proposed)}
            onTake={() => proposed && show(proposed)}
          />
          <SceneFields draft={draft} problems={problems} door={door.name} onChange={put} onReplace={show} />
        </div>
      </div>
      <div className="save-bar scene-bar">
        <span role="status">{statusWords(dirty, stored, blocked)}</span>
        {save.error ? (
          <p className="failure-text" role="alert">
            {save.error.message}
          </p>
        ) : null}
        {overtaken(save.error) && dirty ? <Button onPress={() => show(kept.draft)}>{t`Show theirs`}</Button> : null}
        <Button onPress={back} isDisabled={!history.past.length} aria-label={t`Undo`}>
          <Trans>
            Undo <kbd>Ctrl Z</kbd>
          </Trans>
        </Button>
        <Button onPress={forth} isDisabled={!history.future.length} aria-label={t`Redo`}>
          <Trans>
            Redo <kbd>Ctrl Y</kbd>
          </Trans>
        </Button>
        <Button onPress={() => show(kept.draft)} isDisabled={!dirty}>
          {t`Reset`}
        </Button>
        <Button tone="main" onPress={store} isPending={save.isPending} isDisabled={blocked || (stored && !dirty)}>
          {t`Save`}
        </Button>
      </div>
    </>
  );
}

/** Somebody else drew the scene since it was read. */
const overtaken = (error: unknown) => error instanceof ApiError && error.status === 409;

const sameAsProposed = (draft: SceneDraft, proposed: SceneDraft | null) =>
  proposed !== null && sameScene(draft, proposed);

/** What moves under the drawing. */
function showingWords(showing: Shown['state'] | 'held'): string {
  if (showing === 'playing') return t`Live`;
  if (showing === 'held') return t`A picture that is held`;
  return t`A picture a second`;
}

function statusWords(dirty: boolean, stored: boolean, blocked: boolean): string {
  if (blocked) return t`Something keeps it from being saved`;
  if (dirty) return t`Not saved`;
  return stored ? t`Saved` : t`Not saved yet`;
}

const STEPS: readonly [word: string, sign: string, by: Point][] = [
  [t`left`, '←', [-1, 0]],
  [t`up`, '↑', [0, -1]],
  [t`down`, '↓', [0, 1]],
  [t`right`, '→', [1, 0]],
];

/** The chosen point with its place, and buttons that move it by a pixel where there are no arrow keys. */
function Nudge({ handle, onMove }: { handle: Handle; onMove: (handle: Handle, to: Point, gesture: string) => void }) {
  return (
    <>
      <span className="scene-point" aria-live="polite">
        {handle.name}{' '}
        <code>
          {Math.round(handle.at[0])}, {Math.round(handle.at[1])}
        </code>
      </span>
      <span className="actions">
        {STEPS.map(([word, sign, [dx, dy]]) => (
          <Button
            key={word}
            tone="quiet"
            aria-label={t`Move it one pixel ${word}`}
            onPress={() => onMove(handle, [handle.at[0] + dx, handle.at[1] + dy], `keys ${handle.id}`)}
          >
            {sign}
          </Button>
        ))}
      </span>
    </>
  );
}
