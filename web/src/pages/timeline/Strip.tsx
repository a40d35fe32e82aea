/** The strip of time: what happened, who was seen, what is recorded and what nobody saw; drag, zoom, scrub. */
import { t } from '@lingui/core/macro';
import { type KeyboardEvent, type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { type TimelineCamera, type TimelineData, usePresence } from '../../api/timeline';
import { useZone } from '../../parts/basics';
import type { Playhead } from '../../replay/playhead';
import { gapsIn, type Span } from '../../replay/spans';
import { usePlayhead } from '../../replay/usePlayhead';
import { clockText, dayText, type Micros, SECOND } from '../../time';
import { momentLook } from '../../words';
import { Hover } from './Hover';
import type { LaneName, Placed } from './lanes';
import { asked, moved, ticks, type View, zoomed } from './scale';

const LANE = 26;
const RULER = 28;
const TOP: Record<LaneName, number> = { incidents: RULER, access: RULER + LANE, crossings: RULER + 2 * LANE };
const CAMERA_TOP = RULER + 3 * LANE + 6;

interface Props {
  data: TimelineData;
  all: readonly Placed[];
  playhead: Playhead;
  view: View;
  onView: (view: View) => void;
}

export function Strip({ data, all, playhead, view, onView }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const zone = useZone();
  const [hover, setHover] = useState<Micros | null>(null);
  const length = view.until - view.from;
  const x = (at: Micros) => ((at - view.from) / length) * width;
  const timeAt = (clientX: number) => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    return Math.round(view.from + ((clientX - left) / Math.max(1, width)) * length);
  };
  const drag = useDrag({ view, width, timeAt, onView, go: (at) => playhead.go(at) });
  useWheel(box, (event) => {
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) onView(moved(view, event.deltaX / Math.max(300, width)));
    else onView(zoomed(view, 1.0016 ** event.deltaY, timeAt(event.clientX)));
  });
  const height = CAMERA_TOP + data.cameras.length * (LANE + 4) + (data.pacs_covered ? 12 : 0) + 4;
  const shown = all.filter((one) => one.at >= view.from && one.at <= view.until);
  return (
    <div
      className="strip"
      ref={box}
      onPointerDown={drag.down}
      onPointerMove={(event) => {
        drag.move(event);
        setHover(event.pointerType === 'mouse' && !drag.busy() ? timeAt(event.clientX) : null);
      }}
      onPointerUp={drag.up}
      onPointerCancel={drag.cancel}
      onPointerLeave={() => setHover(null)}
    >
      <svg width="100%" height={height} aria-hidden="true">
        <Ruler view={view} width={width} height={height} x={x} zone={zone} />
        <LaneNames data={data} />
        <Buckets data={data} x={x} />
        {shown.map((one) => (
          <Mark key={one.moment.moment_id} one={one} x={x(one.at)} />
        ))}
        {data.cameras.map((camera, index) => (
          <CameraLane key={camera.camera_id} camera={camera} view={view} x={x} top={CAMERA_TOP + index * (LANE + 4)} />
        ))}
        {data.pacs_covered ? (
          <Unheard covered={data.pacs_covered} view={view} x={x} top={CAMERA_TOP + data.cameras.length * (LANE + 4)} />
        ) : null}
      </svg>
      <Handle playhead={playhead} view={view} x={x} zone={zone} />
      {hover !== null ? <Hover at={hover} left={x(hover)} width={width} cameras={data.cameras} /> : null}
    </div>
  );
}

function useWidth(box: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(320);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, [box]);
  return width;
}

/** A wheel turns the strip and not the page, which only a listener that is not passive can see to. */
function useWheel(box: RefObject<HTMLDivElement | null>, turn: (event: WheelEvent) => void): void {
  const latest = useRef(turn);
  latest.current = turn;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const turned = (event: WheelEvent) => {
      event.preventDefault();
      latest.current(event);
    };
    element.addEventListener('wheel', turned, { passive: false });
    return () => element.removeEventListener('wheel', turned);
  }, [box]);
}

interface DragOptions {
  view: View;
  width: number;
  timeAt: (clientX: number) => Micros;
  onView: (view: View) => void;
  go: (at: Micros) => void;
}

/** On the ruler the playhead is dragged, below it the strip; a press without a drag goes there. */
function useDrag({ view, width, timeAt, onView, go }: DragOptions) {
  const held = useRef<{ x: number; view: View; scrub: boolean; far: boolean } | null>(null);
  return {
    busy: () => held.current !== null,
    down: (event: PointerEvent<HTMLDivElement>) => {
      if (event.button !== 0) return;
      const top = event.currentTarget.getBoundingClientRect().top;
      const scrub = event.clientY - top < RULER;
      event.currentTarget.setPointerCapture(event.pointerId);
      held.current = { x: event.clientX, view, scrub, far: false };
      if (scrub) go(timeAt(event.clientX));
    },
    move: (event: PointerEvent) => {
      const drag = held.current;
      if (!drag) return;
      if (Math.abs(event.clientX - drag.x) > 4) drag.far = true;
      if (drag.scrub) go(timeAt(event.clientX));
      else if (drag.far) onView(moved(drag.view, (drag.x - event.clientX) / Math.max(1, width)));
    },
    up: (event: PointerEvent) => {
      const drag = held.current;
      held.current = null;
      if (drag && !drag.far && !drag.scrub) go(timeAt(event.clientX));
    },
    cancel: () => {
      held.current = null;
    },
  };
}

interface Scaled {
  view: View;
  x: (at: Micros) => number;
}

function Ruler({ view, width, height, x, zone }: Scaled & { width: number; height: number; zone: string }) {
  return (
    <g className="ruler">
      <rect x="0" y="0" width={width} height={RULER} />
      {ticks(view, width).map((at) => (
        <g key={at} transform={`translate(${x(at).toFixed(1)} 0)`}>
          <line y1={RULER - 6} y2={height} />
          <text x="4" y="17">
            {clockText(at, zone).endsWith('00:00:00') || view.until - view.from > 40 * 3600 * SECOND
              ? `${dayText(at, zone)} ${clockText(at, zone).slice(0, 5)}`
              : clockText(at, zone)}
          </text>
        </g>
      ))}
    </g>
  );
}

function LaneNames({ data }: { data: TimelineData }) {
  const names: [number, string][] = [
    [TOP.incidents, t`Incidents`],
    [TOP.access, t`Access events`],
    [TOP.crossings, t`Crossings`],
    ...data.cameras.map((camera, index): [number, string] => [CAMERA_TOP + index * (LANE + 4), camera.name]),
  ];
  return (
    <g className="lane-names">
      {names.map(([top, name]) => (
        <text key={`${top}`} x="6" y={top + 11}>
          {name}
        </text>
      ))}
    </g>
  );
}

function Mark({ one, x }: { one: Placed; x: number }) {
  const look = momentLook(one.moment);
  const top = TOP[one.lane];
  const out = one.moment.direction === 'out';
  return (
    <g className={`strip-mark tone-${look.tone} on-${one.lane}`} transform={`translate(${x.toFixed(1)} ${top})`}>
      <title>{`${one.moment.title} ${one.moment.actor_name ?? ''}`}</title>
      {one.lane === 'incidents' ? <path d="M0 4l7 9-7 9-7-9z" /> : null}
      {one.lane === 'access' ? <rect x="-3" y="7" width="6" height="13" rx="1.5" /> : null}
      {one.lane === 'crossings' ? <path d={out ? 'M0 6v14M-4 11l4-5 4 5' : 'M0 6v14M-4 15l4 5 4-5'} /> : null}
    </g>
  );
}

/** Of a long time: how much there was, as bars. */
function Buckets({ data, x }: { data: TimelineData; x: (at: Micros) => number }) {
  if (!data.buckets.length) return null;
  const most = (name: 'grants' | 'events' | 'crossings') => Math.max(1, ...data.buckets.map((one) => one[name]));
  const mostAccess = Math.max(1, ...data.buckets.map((one) => one.grants + one.events));
  const bar = (lane: LaneName, from: Micros, until: Micros, part: number, tone: string) =>
    part ? (
      <rect
        key={`${lane}${from}`}
        className={`bucket tone-${tone}`}
        x={x(from)}
        width={Math.max(1, x(until) - x(from) - 0.5)}
        y={TOP[lane] + LANE - 2 - part * (LANE - 6)}
        height={part * (LANE - 6)}
      />
    ) : null;
  return (
    <g>
      {data.buckets.map((one) => [
        bar('access', one.from_us, one.until_us, (one.grants + one.events) / mostAccess, 'granted'),
        bar('crossings', one.from_us, one.until_us, one.crossings / most('crossings'), 'soft'),
      ])}
    </g>
  );
}

function CameraLane({ camera, view, x, top }: Scaled & { camera: TimelineCamera; top: number }) {
  const wide = asked(view);
  const presence = usePresence(camera.camera_id, wide.from, wide.until);
  const seen: Span = [view.from, Math.min(view.until, Date.now() * 1000)];
  const least = (view.until - view.from) / 400;
  const bar = (name: string, [from, until]: Span, y: number, height: number) => (
    <rect
      key={`${name}${from}`}
      className={name}
      x={x(Math.max(from, view.from))}
      y={y}
      width={Math.max(1.5, x(Math.min(until, view.until)) - x(Math.max(from, view.from)))}
      height={height}
    />
  );
  const within = (spans: readonly Span[]) => spans.filter(([from, until]) => until > view.from && from < view.until);
  return (
    <g>
      {within(camera.recorded).map((span) => bar('recorded-bar', span, top + 15, 7))}
      {within(presence).map((span) => bar('presence-bar', span, top + 15, 7))}
      {seen[1] > seen[0]
        ? gapsIn(camera.covered, seen, least).map((span) => bar('unseen-bar', span, top + 23, 3))
        : null}
    </g>
  );
}

/** When the access control system was not heard. */
function Unheard({ covered, view, x, top }: Scaled & { covered: readonly Span[]; top: number }) {
  const seen: Span = [view.from, Math.min(view.until, Date.now() * 1000)];
  if (seen[1] <= seen[0]) return null;
  return (
    <g>
      {gapsIn(covered, seen, (view.until - view.from) / 400).map(([from, until]) => (
        <rect
          key={from}
          className="unheard-bar"
          x={x(from)}
          y={top + 2}
          width={Math.max(1.5, x(until) - x(from))}
          height="5"
        />
      ))}
    </g>
  );
}

/** The playhead on the strip; by keys it is a slider. */
function Handle({ playhead, view, x, zone }: Scaled & { playhead: Playhead; zone: string }) {
  const { at } = usePlayhead(playhead);
  const step = (view.until - view.from) / 100;
  const pressed = useCallback(
    (event: KeyboardEvent) => {
      const by = { ArrowLeft: -step, ArrowRight: step, PageDown: -10 * step, PageUp: 10 * step }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      playhead.go(playhead.at + by);
    },
    [playhead, step],
  );
  const inside = at >= view.from && at <= view.until;
  return (
    <div
      className={`strip-handle ${inside ? '' : 'outside'}`}
      ref={(element) => element?.style.setProperty('--x', `${x(Math.min(view.until, Math.max(view.from, at)))}px`)}
      role="slider"
      tabIndex={0}
      aria-label={t`Place in time`}
      aria-valuemin={Math.round(view.from / SECOND)}
      aria-valuemax={Math.round(view.until / SECOND)}
      aria-valuenow={Math.round(at / SECOND)}
      aria-valuetext={`${dayText(at, zone)} ${clockText(at, zone)}`}
      onKeyDown={pressed}
    />
  );
}
