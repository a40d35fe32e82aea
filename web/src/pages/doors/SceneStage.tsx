/** The camera's picture, live or held, with a scene over it and a handle at each of its points. */
import { t } from '@lingui/core/macro';
import { type CSSProperties, type KeyboardEvent, type PointerEvent, useCallback, useId, useRef, useState } from 'react';
import type { Camera } from '../../api/types';
import { tileKey } from '../../geometry/floor';
import type { Point } from '../../geometry/homography';
import type { Shown } from '../../live/useLive';
import { StagePicture } from './StagePicture';
import { type Box, gridOf, type Handle, handlesOf, nearest, type SceneDraft } from './sceneDraft';
import { type Seen, type Track, tilesUnder, walkedOn } from './sceneTracks';

const list = (corners: readonly Point[]) => corners.map(([x, y]) => `${x},${y}`).join(' ');

const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface Props {
  camera: Camera;
  draft: SceneDraft;
  /** What is shown of the plane of the picture; kept while something is dragged. */
  view: Box;
  /** Address of the still picture. */
  picture: string;
  /** Whether the picture moves. */
  live: boolean;
  label: string;
  selected: string | null;
  /** Parts that something is wrong with. */
  wrong: ReadonlySet<string>;
  /** The feet of people who walked by. */
  ways: readonly (readonly Point[])[];
  onSelect: (id: string) => void;
  onMove: (handle: Handle, to: Point, gesture: string) => void;
  onPicture: (size: readonly [number, number] | null) => void;
  onNewPicture: () => void;
  onState: (state: Shown['state'] | 'held') => void;
}

/** The frame that a video shows just now, for a look through the loupe; null while there is none. */
function frameOf(video: HTMLVideoElement | null): string | null {
  if (!video?.videoWidth) return null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  return canvas.toDataURL('image/jpeg', 0.8);
}

/** People in the live picture, and where those of the last seconds walked. */
function usePeople() {
  const [people, setPeople] = useState<{ now: readonly Seen[]; tracks: readonly Track[] }>({ now: [], tracks: [] });
  const see = useCallback(
    (now: readonly Seen[]) => setPeople(({ tracks }) => ({ now, tracks: walkedOn(tracks, now, Date.now()) })),
    [],
  );
  return { ...people, see };
}

export function SceneStage(props: Props) {
  const { camera, draft, view, picture, live, label, selected, wrong, ways, onSelect, onMove } = props;
  const stage = useRef<HTMLFieldSetElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const people = usePeople();
  const [closer, setCloser] = useState<string | null>(null);
  const [held, setHeld] = useState<{ id: string; grip: Point; gesture: string } | null>(null);
  const [left, top, right, bottom] = view;
  const [width, height] = [right - left, bottom - top];
  const [w, h] = draft.size;
  const handles = handlesOf(draft);
  const moving = handles.find((handle) => handle.id === held?.id);
  const percent = ([x, y]: Point): CSSProperties => ({
    left: `${((x - left) / width) * 100}%`,
    top: `${((y - top) / height) * 100}%`,
  });
  const pixel = (event: PointerEvent): Point => {
    const box = stage.current?.getBoundingClientRect();
    if (!box?.width) return [0, 0];
    return [
      left + ((event.clientX - box.left) / box.width) * width,
      top + ((event.clientY - box.top) / box.height) * height,
    ];
  };
  const take = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.button !== 0) return;
    // Where points lie close together their targets overlap: the nearest is meant, not the topmost.
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    const [x, y] = pixel(event);
    const handle = nearest(handles, [x, y]);
    stage.current?.querySelector<HTMLElement>(`[data-handle="${handle.id}"]`)?.focus({ preventScroll: true });
    // The handle keeps its distance to the finger: taking hold of it moves nothing.
    setHeld({ id: handle.id, grip: [handle.at[0] - x, handle.at[1] - y], gesture: `drag ${event.timeStamp}` });
    setCloser(live && !video.current?.classList.contains('waiting') ? frameOf(video.current) : null);
    onSelect(handle.id);
  };
  const drag = (event: PointerEvent) => {
    if (!held || !moving) return;
    const [x, y] = pixel(event);
    onMove(moving, [x + held.grip[0], y + held.grip[1]], held.gesture);
  };
  const press = (event: KeyboardEvent, handle: Handle) => {
    const step = ARROWS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    onMove(handle, [handle.at[0] + step[0] * far, handle.at[1] + step[1] * far], `keys ${handle.id}`);
  };
  return (
    <fieldset
      ref={stage}
      className={`scene-stage ${held ? 'holding' : ''}`}
      style={{ aspectRatio: `${width} / ${height}`, '--ratio': width / height } as CSSProperties}
    >
      <legend className="hidden">{label}</legend>
      <StagePicture
        camera={camera}
        picture={picture}
        live={live}
        video={video}
        style={{ ...percent([0, 0]), width: `${(w / width) * 100}%`, height: `${(h / height) * 100}%` }}
        onSize={props.onPicture}
        onAgain={props.onNewPicture}
        onPeople={people.see}
        onState={props.onState}
      />
      <svg className="overlay" viewBox={`${left} ${top} ${width} ${height}`} aria-hidden="true">
        {ways.map((way) => (
          <polyline key={list(way)} className="scene-way" points={list(way)} />
        ))}
        <SceneShapes draft={draft} wrong={wrong} people={live ? people.now : NOBODY} />
        {people.tracks.map((track) => (
          <polyline key={track.id} className="scene-track" points={list(track.feet)} />
        ))}
        {live
          ? people.now.map(({ track, foot: [x, y] }) => (
              <circle key={track} className="scene-foot" cx={x} cy={y} r={Math.max(3, w / 130)} />
            ))
          : null}
      </svg>
      {handles.map((handle) => (
        <button
          key={handle.id}
          type="button"
          className={`scene-handle part-${handle.part} ${selected === handle.id ? 'selected' : ''}`}
          style={percent(handle.at)}
          aria-label={`${handle.name}: ${Math.round(handle.at[0])}, ${Math.round(handle.at[1])}`}
          title={handle.name}
          data-handle={handle.id}
          onFocus={() => onSelect(handle.id)}
          onPointerDown={take}
          onPointerMove={drag}
          onPointerUp={() => setHeld(null)}
          onPointerCancel={() => setHeld(null)}
          onKeyDown={(event) => press(event, handle)}
        />
      ))}
      {moving ? (
        <Loupe draft={draft} at={moving.at} picture={closer ?? picture} aside={moving.at[0] < left + width / 2} />
      ) : null}
    </fieldset>
  );
}

const NOBODY: readonly Seen[] = [];

interface ShapesProps {
  draft: SceneDraft;
  wrong: ReadonlySet<string>;
  /** Those in the live picture: the tiles that they stand on are lit, so that one sees whether the floor fits. */
  people?: readonly Seen[];
}

/** Threshold, arrow, doorway and the floor's tiles in perspective. */
function SceneShapes({ draft, wrong, people = NOBODY }: ShapesProps) {
  const tip = useId().replace(/[^a-zA-Z0-9]/g, '');
  const [[ax, ay], [bx, by]] = draft.threshold;
  const [mx, my] = [(ax + bx) / 2, (ay + by) / 2];
  const [ix, iy] = draft.inside;
  const letters = Math.max(11, draft.size[0] / 42);
  const bad = (part: string) => (wrong.has(part) ? 'wrong' : '');
  const grid = wrong.has('floor') ? null : gridOf(draft);
  const under = tilesUnder(grid, people);
  return (
    <>
      <defs>
        <marker id={tip} viewBox="0 0 10 10" refX="15" refY="5" markerWidth="5" markerHeight="5" orient="auto">
          <path d="M0 0L10 5L0 10z" className="scene-tip" />
        </marker>
      </defs>
      {draft.floor ? <polygon className={`scene-floor ${bad('floor')}`} points={list(draft.floor.corners)} /> : null}
      {grid?.tiles.map((tile) => (
        <polygon
          key={`${tile.column},${tile.row}`}
          className={`scene-tile ${under.has(tileKey(tile.column, tile.row)) ? 'stood-on' : ''}`}
          points={list(tile.corners)}
        />
      ))}
      {draft.doorway ? <polygon className={`scene-doorway ${bad('doorway')}`} points={list(draft.doorway)} /> : null}
      <line className={`scene-threshold ${bad('threshold')}`} x1={ax} y1={ay} x2={bx} y2={by} />
      <line className={`scene-arrow ${bad('inside')}`} x1={mx} y1={my} x2={ix} y2={iy} markerEnd={`url(#${tip})`} />
      <text className="scene-word" x={ix + letters * 0.8} y={iy + letters * 0.35} fontSize={letters}>
        {t`in`}
      </text>
    </>
  );
}

/** What lies under the finger, three times as large, in a corner where the finger is not. */
function Loupe({ draft, at, picture, aside }: { draft: SceneDraft; at: Point; picture: string; aside: boolean }) {
  const [w, h] = draft.size;
  const reach = w / 18;
  return (
    <svg
      className={`scene-loupe ${aside ? 'aside' : ''}`}
      viewBox={`${at[0] - reach} ${at[1] - reach} ${2 * reach} ${2 * reach}`}
      aria-hidden="true"
    >
      <image href={picture} width={w} height={h} preserveAspectRatio="none" />
      <SceneShapes draft={draft} wrong={new Set()} />
      <path
        className="scene-cross"
        d={`M${at[0] - reach} ${at[1]}h${2 * reach}M${at[0]} ${at[1] - reach}v${2 * reach}`}
      />
    </svg>
  );
}
