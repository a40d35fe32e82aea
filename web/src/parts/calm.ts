/** Lists that grow at the top without moving what somebody is reading. */
import { type RefObject, useEffect, useRef, useState } from 'react';

/**
 * What of `items` (newest first) to show while somebody reads: what was `known` when the reading began, which keeps
 * changing in place, and whatever is older than all of it. New ones wait, wherever in the list they belong.
 */
export function heldBack<T>(
  items: readonly T[],
  idOf: (item: T) => string,
  known: ReadonlySet<string> | null,
): readonly T[] {
  if (known === null) return items;
  const last = items.findLastIndex((item) => known.has(idOf(item)));
  return last < 0 ? items : items.filter((item, index) => index > last || known.has(idOf(item)));
}

/** True while the pointer or the focus is inside of `box`, or its top is scrolled out of sight. */
function useReading(box: RefObject<HTMLElement | null>): boolean {
  const [reading, setReading] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let inside = false;
    const look = () => {
      const focused = element.contains(document.activeElement);
      // On a phone the page scrolls instead of the list.
      const scrolled = element.scrollTop > 24 || element.getBoundingClientRect().top < 40;
      setReading(inside || focused || scrolled);
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
    window.addEventListener('scroll', look, { passive: true });
    return () => {
      element.removeEventListener('pointerenter', enter);
      element.removeEventListener('pointerleave', leave);
      element.removeEventListener('focusin', look);
      element.removeEventListener('focusout', later);
      element.removeEventListener('scroll', look);
      window.removeEventListener('scroll', look);
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
  const [known, setKnown] = useState<ReadonlySet<string> | null>(null);
  const present = useRef<() => ReadonlySet<string>>(() => new Set());
  present.current = () => new Set(items.map(idOf));
  useEffect(() => setKnown(reading ? present.current() : null), [reading]);
  const shown = heldBack(items, idOf, known);
  return {
    shown,
    waiting: items.length - shown.length,
    release: () => {
      setKnown(present.current());
      box.current?.scrollTo({ top: 0 });
      if ((box.current?.getBoundingClientRect().top ?? 0) < 0) window.scrollTo({ top: 0 });
    },
  };
}
