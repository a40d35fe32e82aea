/** Keys that work on a whole page; they rest while somebody types or a dialog is open. */
import { useEffect, useRef } from 'react';

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

/** Calls the handler of the pressed key (`event.key`); the newest handlers are always the ones called. */
export function useShortcuts(keys: Shortcuts): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (typing(event.target) || document.querySelector('[role="dialog"], [role="alertdialog"]')) return;
      // Enter and space belong to the control that has the focus.
      const onControl = event.target instanceof HTMLElement && event.target.closest('a, button, summary, video');
      if ((event.key === 'Enter' || event.key === ' ') && onControl) return;
      const handler = latest.current[event.key];
      if (!handler) return;
      event.preventDefault();
      handler(event);
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}
