/** Small things that every page is made of: times, notices, badges, buttons. */
import { t } from '@lingui/core/macro';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { Button as AriaButton, type ButtonProps } from 'react-aria-components';
import { ApiError } from '../api/client';
import { agoText, clockText, dayText, fromIso, fullText, type Micros, sameDay, zoneText } from '../time';
import { kindLook, type Look, stateName, stateWords } from '../words';
import { Shape } from './icons';

const Zone = createContext('UTC');
export const ZoneProvider = Zone.Provider;
const Said = createContext(false);
/** Whether clocks inside name their zone, because those around them may be of another. */
export const SaidZone = Said.Provider;
/** The time zone of the site. */
export const useZone = () => useContext(Zone);

const tickers = new Set<() => void>();
let second = Math.floor(Date.now() / 1000);
setInterval(() => {
  second = Math.floor(Date.now() / 1000);
  for (const ticker of tickers) ticker();
}, 1000);

/** Now, in microseconds, moving once a second. */
export function useNow(): Micros {
  const seconds = useSyncExternalStore(
    (ticker) => {
      tickers.add(ticker);
      return () => tickers.delete(ticker);
    },
    () => second,
  );
  return seconds * 1_000_000;
}

/** A time of day with seconds; the day before it unless it is today; zone and UTC on hover. */
export function Clock({ at, day = 'auto' }: { at: string | Micros; day?: 'auto' | 'never' }) {
  const zone = useZone();
  const said = useContext(Said);
  const us = typeof at === 'string' ? fromIso(at) : at;
  if (!Number.isFinite(us)) return <span className="time">{t`unknown`}</span>;
  const withDay = day === 'auto' && !sameDay(us, Date.now() * 1000, zone);
  return (
    <time className="time" dateTime={new Date(us / 1000).toISOString()} title={fullText(us, zone)}>
      {withDay ? `${dayText(us, zone)} ` : ''}
      {clockText(us, zone)}
      {said ? <span className="soft small"> {zoneText(us, zone)}</span> : null}
    </time>
  );
}

/** How long ago, kept up to date; the exact time on hover. */
export function Ago({ at }: { at: string }) {
  const zone = useZone();
  const now = useNow();
  const us = fromIso(at);
  return (
    <time className="time" dateTime={at} title={fullText(us, zone)}>
      {agoText(us, now)}
    </time>
  );
}

export function Button({
  tone = 'plain',
  className = '',
  ...rest
}: ButtonProps & { tone?: 'plain' | 'main' | 'danger' | 'quiet' }) {
  return <AriaButton {...rest} className={`button ${tone} ${className}`} />;
}

/** Something is being fetched. Shown late, so that a quick answer does not flicker. */
export function Loading({ what }: { what: string }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 250);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="notice" role="status">
      {late ? t`Loading ${what}…` : ''}
    </p>
  );
}

/** Nothing to show, why, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="notice empty">
      <p className="notice-title">{title}</p>
      {children ? <p>{children}</p> : null}
    </div>
  );
}

/** What went wrong, in the server's own sentence, and a way on. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const text = error instanceof Error ? error.message : t`Something unexpected happened; reload the page.`;
  const denied = error instanceof ApiError && error.status === 403;
  return (
    <div className="notice failure" role="alert">
      <Shape name={denied ? 'refused' : 'cross'} />
      <span>{text}</span>
      {retry && !denied ? <Button onPress={retry}>{t`Try again`}</Button> : null}
    </div>
  );
}

/** Why the last try did not work, beside the form that tried; nothing as long as none failed. */
export function Refusal({ of }: { of: { error: Error | null } }) {
  return of.error ? (
    <p className="failure-text" role="alert">
      {of.error.message}
    </p>
  ) : null;
}

/** For whoever waits for an answer whose refusal the form shows by itself. */
export const refusalShown = () => undefined;

export function Badge({ look, quiet = false, title }: { look: Look; quiet?: boolean; title?: string }) {
  return (
    <span className={`badge tone-${look.tone} ${quiet ? 'quiet' : ''}`} title={title}>
      <Shape name={look.shape} />
      {look.word}
    </span>
  );
}

/** The kind of an incident with what is special about its state; a final one needs no further word. */
export function KindBadge({ kind, state }: { kind: string; state?: string }) {
  return (
    <span className={`kind state-${state ?? 'final'}`}>
      <Badge look={kindLook(kind)} />
      {state && state !== 'final' ? (
        <span className="state" title={stateWords(state)}>
          {stateName(state)}
        </span>
      ) : null}
    </span>
  );
}

export function ReviewBadge({ review }: { review: string }) {
  if (review === 'confirmed') return <Badge quiet look={{ word: t`Confirmed`, shape: 'flag', tone: 'accent' }} />;
  if (review === 'dismissed') return <Badge quiet look={{ word: t`Dismissed`, shape: 'close', tone: 'soft' }} />;
  return null;
}

/** The heading of a page, for people and for the title of the tab. */
export function PageTitle({ children, side }: { children: string; side?: ReactNode }) {
  useEffect(() => {
    document.title = `${children} · Doorwatch`;
  }, [children]);
  return (
    <header className="page-title">
      <h1>{children}</h1>
      {side}
    </header>
  );
}

const wide = typeof matchMedia === 'undefined' ? null : matchMedia('(min-width: 900px)');

/** Whether list and detail fit beside each other. */
export function useWide(): boolean {
  return useSyncExternalStore(
    (listener) => {
      wide?.addEventListener('change', listener);
      return () => wide?.removeEventListener('change', listener);
    },
    () => wide?.matches ?? true,
  );
}
