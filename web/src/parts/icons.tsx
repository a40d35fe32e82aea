/** Shapes that stand for states and kinds: each has one colour and one form, so that neither is needed alone. */
import type { ReactNode } from 'react';
import type { Mark } from '../live/trails';

/** Drawn in a square of 16 units, with the colour of the text around. */
const SHAPES = {
  tick: <path d="M3 8.5l3.4 3.5L13 4.5" />,
  cross: <path d="M4 4l8 8M12 4l-8 8" />,
  question: (
    <>
      <path d="M5.2 5.6a2.9 2.9 0 1 1 4.4 2.5C8.5 8.8 8 9.3 8 10.3" />
      <path d="M8 13v.1" />
    </>
  ),
  slash: (
    <>
      <circle cx="8" cy="8" r="5.6" />
      <path d="M4.2 11.8l7.6-7.6" />
    </>
  ),
  lock: (
    <>
      <rect x="3.5" y="7.5" width="9" height="6" rx="1" />
      <path d="M5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5" />
    </>
  ),
  openLock: (
    <>
      <rect x="3.5" y="7.5" width="9" height="6" rx="1" />
      <path d="M5.5 7.5V5a2.5 2.5 0 0 1 4.9-.7" />
    </>
  ),
  dot: <circle cx="8" cy="8" r="2" />,
  two: (
    <>
      <circle cx="5" cy="4.6" r="2" />
      <circle cx="11" cy="4.6" r="2" />
      <path d="M2 13c0-3 1.2-4.7 3-4.7S8 10 8 13M8 13c0-3 1.2-4.7 3-4.7s3 1.7 3 4.7" />
    </>
  ),
  stranger: (
    <>
      <circle cx="8" cy="4.6" r="2.2" />
      <path d="M4 13.5c0-3.3 1.6-5 4-5s4 1.7 4 5" />
      <path d="M11.5 2l3 3M14.5 2l-3 3" />
    </>
  ),
  refused: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M4.8 8h6.4" />
    </>
  ),
  card: (
    <>
      <rect x="2" y="4" width="12" height="8.5" rx="1.2" />
      <path d="M2 7h12M4.5 10h2.5" />
    </>
  ),
  door: (
    <>
      <path d="M4 14V2.5h8V14M2 14h12" />
      <path d="M9.7 8.3v.1" />
    </>
  ),
  in: <path d="M2 8h9M7.5 4.5L11 8l-3.5 3.5M14 3v10" />,
  out: <path d="M14 8H5M8.5 4.5L5 8l3.5 3.5M2 3v10" />,
  pulse: <path d="M1.5 8h3l2-4.5 3 9 2-4.5h3" />,
  back: <path d="M12 13V8.5a3 3 0 0 0-3-3H3.5M6 3L3.5 5.5 6 8" />,
  live: (
    <>
      <rect x="1.5" y="4" width="9" height="8" rx="1.5" />
      <path d="M10.5 7l4-2.3v6.6l-4-2.3" />
    </>
  ),
  search: (
    <>
      <circle cx="7" cy="7" r="4.2" />
      <path d="M10.2 10.2L14 14" />
    </>
  ),
  report: <path d="M2.5 13.5h11M4.5 13V8M8 13V3.5M11.5 13V6" />,
  settings: (
    <>
      <path d="M2 4.5h5M11 4.5h3M2 11.5h3M9 11.5h5" />
      <circle cx="9" cy="4.5" r="1.8" />
      <circle cx="7" cy="11.5" r="1.8" />
    </>
  ),
  flag: <path d="M4 14V2.5h8.5l-2 3 2 3H4" />,
  sun: (
    <>
      <circle cx="8" cy="8" r="3" />
      <path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1" />
    </>
  ),
  moon: <path d="M13 9.5A5.5 5.5 0 1 1 6.5 3a4.5 4.5 0 0 0 6.5 6.5z" />,
  play: <path d="M4.5 2.8l8.5 5.2-8.5 5.2z" />,
  pause: <path d="M5 3v10M11 3v10" />,
  close: <path d="M4 4l8 8M12 4l-8 8" />,
  left: <path d="M10 3L5 8l5 5" />,
  right: <path d="M6 3l5 5-5 5" />,
  plus: <path d="M8 3v10M3 8h10" />,
  minus: <path d="M3 8h10" />,
  full: <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />,
  sound: <path d="M2.5 6.2v3.6h2.3L8.2 13V3L4.8 6.2zM10.5 6a3 3 0 0 1 0 4M12.4 4.2a5.4 5.4 0 0 1 0 7.6" />,
  soundOff: <path d="M2.5 6.2v3.6h2.3L8.2 13V3L4.8 6.2zM10.5 6.2l3.4 3.6M13.9 6.2l-3.4 3.6" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="5.8" />
      <path d="M8 4.6V8l2.4 1.6" />
    </>
  ),
} satisfies Record<string, ReactNode>;

export type ShapeName = keyof typeof SHAPES;

/** A shape; the words beside it say what it means. */
export function Shape({ name, className = '' }: { name: ShapeName; className?: string }) {
  return (
    <svg className={`shape ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      {SHAPES[name]}
    </svg>
  );
}

/** Only the strokes, to be drawn inside another picture (a tile, a person). */
export const shapeStrokes = (name: ShapeName): ReactNode => SHAPES[name];

export const MARK_SHAPE: Record<Mark, ShapeName> = {
  neutral: 'dot',
  admitted: 'tick',
  excess: 'cross',
  possible: 'question',
  unlocked: 'openLock',
  not_observable: 'slash',
};
