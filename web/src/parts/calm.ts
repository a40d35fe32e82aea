/** Lists that grow at the top without moving what somebody is reading. */
import { type RefObject, useEffect, useRef, useState } from 'react';

/**
 * What of `items` (newest first) to show while new ones are held back: everything from `top` on, the id that was
 * first when the reading began. Items that are shown already keep changing in place.
 */
export function heldBack<T>(items: readonly T[], idOf: (item: T) => string, top: string | null): readonly T[] {
  if (top === null) return items;
  const index = items.findIndex((item) => idOf(item) === top);
  return index > 0 ? items.slice(index) : items;
}

/** True while the pointer or the focus is inside of `box`, or it is scrolled away from its top. */
function useReading(box: RefObject<HTMLElement | null>): boolean {
  const [reading, setReading] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let inside = false;
    const look = () => {
      const focused = element.contains(document.activeElement);
      setReading(inside || focused || element.scrollTop > 24);
    };
    const enter = () => {
      inside = true;
      look();
    };
    const leave = () => {
      inside = false;
      look();
    };
    const later = () => requestAnimationFrame(look);
    element.addEventListener('pointerenter', enter);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('focusin', look);
    element.addEventListener('focusout', later);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      element.removeEventListener('pointerenter', enter);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('focusin', look);
      element.removeEventListener('focusout', later);
      element.removeEventListener('scroll', look);
    };
  }, [box]);
  return reading;
}

/** The part of a list to show, how many newer items wait, and what shows them. */
export function useCalm<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  box: RefObject<HTMLElement | null>,
): { shown: readonly T[]; waiting: number; release: () => void } {
  const reading = useReading(box);
  const [top, setTop] = useState<string | null>(null);
  const first = items[0];
  const newest = useRef<string | null>(null);
  newest.current = first === undefined ? null : idOf(first);
  useEffect(() => setTop(reading ? newest.current : null), [reading]);
  const shown = heldBack(items, idOf, top);
  return {
    shown,
    waiting: items.length - shown.length,
    release: () => {
      setTop(newest.current);
      box.current?.scrollTo({ top: 0 });
    },
  };
}
