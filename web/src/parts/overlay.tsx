/** The floor grid over a picture, in perspective, with painted tiles, trail ends and people. */
import { type CSSProperties, memo, useId, useMemo } from 'react';
import type { Scene } from '../api/types';
import { centre, type Floor, type FloorShape, makeFloor, tileKey } from '../geometry/floor';
import type { Point } from '../geometry/homography';
import type { Mark, MarkedPerson, Painting, Path } from '../live/trails';
import { MARK_SHAPE, shapeStrokes } from './icons';

const points = (corners: readonly Point[]) => corners.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');

function floorOf(scene: Scene): Floor | null {
  if (!scene.floor) return null;
  const shape: FloorShape = { ...scene.floor, tile_m: scene.floor.tile_m ?? 0.5 };
  return makeFloor(shape);
}

/** The shape of a picture's box; `--ratio` lets a style limit its height. */
export function pictureShape([width, height]: readonly [number, number]): CSSProperties {
  return { aspectRatio: `${width} / ${height}`, '--ratio': width / height } as CSSProperties;
}

interface Props {
  scenes: readonly Scene[];
  painting: Painting | null;
}

/** Lies over a picture of the scenes' size; whatever the picture is scaled to, it is scaled alike. */
export const FloorOverlay = memo(function FloorOverlay({ scenes, painting }: Props) {
  const hatch = useId().replace(/[^a-zA-Z0-9]/g, '');
  const first = scenes[0];
  if (!first) return null;
  const [width, height] = first.size;
  return (
    <svg className="overlay" viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <defs>
        <pattern id={hatch} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect className="hatch" width="2.2" height="7" />
        </pattern>
      </defs>
      {scenes.map((scene) => (
        <SceneGrid key={scene.door_id} scene={scene} painting={painting} hatch={hatch} />
      ))}
      {painting?.paths.map((path) => (
        <Feet key={path.track} path={path} />
      ))}
      {painting?.people.map((person) => (
        <Person key={person.track} person={person} />
      ))}
    </svg>
  );
});

function SceneGrid({ scene, painting, hatch }: { scene: Scene; painting: Painting | null; hatch: string }) {
  const floor = useMemo(() => floorOf(scene), [scene]);
  const marks = painting?.tiles.get(scene.door_id);
  const heads = painting?.heads.filter((head) => head.door === scene.door_id) ?? [];
  const [from, to] = scene.threshold;
  return (
    <g>
      {floor?.tiles.map((tile) => {
        const mark = marks?.get(tileKey(tile.column, tile.row));
        const shape = points(tile.corners);
        return (
          <g key={tileKey(tile.column, tile.row)}>
            <polygon className={`tile ${mark ? `on mark-${mark}` : ''}`} points={shape} />
            {mark === 'excess' ? <polygon points={shape} fill={`url(#${hatch})`} /> : null}
          </g>
        );
      })}
      <line className="threshold" x1={from[0]} y1={from[1]} x2={to[0]} y2={to[1]} />
      {floor ? heads.map((head) => <Head key={`${head.column},${head.row}`} floor={floor} {...head} />) : null}
    </g>
  );
}

/** The shape of the verdict, on the tile where the trail ends. */
function Head({ floor, column, row, mark }: { floor: Floor; column: number; row: number; mark: Mark }) {
  const tile = floor.tiles[row * floor.columns + column];
  if (!tile) return null;
  const [x, y] = centre(tile.corners);
  const [[ax, ay], , [bx, by]] = tile.corners as [Point, Point, Point, Point];
  const size = Math.max(10, Math.hypot(bx - ax, by - ay) * 0.36);
  return (
    <g className={`glyph mark-${mark}`} transform={`translate(${x - size / 2} ${y - size / 2}) scale(${size / 16})`}>
      <circle cx="8" cy="8" r="9.5" />
      {shapeStrokes(MARK_SHAPE[mark])}
    </g>
  );
}

/** Where the feet of a person are, and the way that they came. */
function Feet({ path }: { path: Path }) {
  const last = path.feet.at(-1);
  if (!last) return null;
  return (
    <g className={`feet mark-${path.mark}`} data-track={path.track}>
      <polyline points={points(path.feet)} />
      <circle className="foot" cx={last[0]} cy={last[1]} r="4" />
    </g>
  );
}

/** Four corners round a person: enough to see who is meant, without covering the picture. */
function Person({ person }: { person: MarkedPerson }) {
  const [left, top, right, bottom] = person.box;
  const arm = Math.min(right - left, bottom - top) * 0.22;
  const path = [
    `M${left} ${top + arm}V${top}H${left + arm}`,
    `M${right - arm} ${top}H${right}V${top + arm}`,
    `M${right} ${bottom - arm}V${bottom}H${right - arm}`,
    `M${left + arm} ${bottom}H${left}V${bottom - arm}`,
  ].join('');
  return <path className={`person mark-${person.mark}`} d={path} />;
}
