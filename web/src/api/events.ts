/**
 * The server's own news (server-sent events): one stream for the page, resumed by the browser where it broke.
 * Listeners get the resource; the query cache is kept in step by `followServer`.
 */
import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { IncidentDetail, Moment } from './types';

export interface ServerNews {
  moment: Moment;
  incident: IncidentDetail;
  camera: unknown;
  door: unknown;
  mapping: unknown;
  mail: unknown;
  reload: unknown;
  /** Not from the server: it refused the stream, as when the session has ended. */
  refused: unknown;
}

export type LinkState = 'connecting' | 'open' | 'lost';

const NAMES = ['moment', 'incident', 'camera', 'door', 'mapping', 'mail', 'reload'] as const;

class ServerEvents {
  private source: EventSource | null = null;
  private handlers = new Map<string, Set<(data: never) => void>>();
  private watchers = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  state: LinkState = 'connecting';

  start(): () => void {
    this.open();
    return () => {
      clearTimeout(this.timer);
      this.source?.close();
      this.source = null;
      this.become('connecting');
    };
  }

  on<K extends keyof ServerNews>(name: K, handler: (data: ServerNews[K]) => void): () => void {
    const set = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, set);
    set.add(handler as (data: never) => void);
    return () => set.delete(handler as (data: never) => void);
  }

  subscribe = (watcher: () => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  private become(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }

  private tell(name: string, data: unknown): void {
    for (const handler of this.handlers.get(name) ?? []) handler(data as never);
  }

  private open(): void {
    const source = new EventSource('/api/events');
    this.source = source;
    let wasLost = this.state === 'lost';
    source.onopen = () => {
      this.become('open');
      // What happened meanwhile may be more than the server replays.
      if (wasLost) this.tell('reload', null);
      wasLost = false;
    };
    source.onerror = () => {
      wasLost = true;
      this.become('lost');
      // The browser resumes by itself unless the server refused; then it has to be opened anew.
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      this.tell('refused', null);
      this.timer = setTimeout(() => this.source === source && this.open(), 3000);
    };
    for (const name of NAMES) {
      source.addEventListener(name, (event) => {
        try {
          this.tell(name, JSON.parse((event as MessageEvent<string>).data || 'null'));
        } catch {
          // One unreadable message is no reason to stop listening.
        }
      });
    }
  }
}

export const serverEvents = new ServerEvents();

/** Whether news are coming in. */
export function useLinkState(): LinkState {
  return useSyncExternalStore(serverEvents.subscribe, () => serverEvents.state);
}

/** Calls the newest `handler` for each piece of news of one name. */
export function useNews<K extends keyof ServerNews>(name: K, handler: (data: ServerNews[K]) => void): void {
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => serverEvents.on(name, (data) => latest.current(data)), [name]);
}

const TICKER_LENGTH = 200;

/** Newest first, each moment once; a moment that is said again replaces the former. */
export function withMoment(list: readonly Moment[], moment: Moment): Moment[] {
  const index = list.findIndex((other) => other.moment_id === moment.moment_id);
  if (index >= 0) return list.map((other, i) => (i === index ? moment : other));
  const place = list.findIndex((other) => other.at <= moment.at);
  const grown = [...list];
  grown.splice(place < 0 ? list.length : place, 0, moment);
  return grown.slice(0, TICKER_LENGTH);
}

/** Keeps cached answers in step with the news; returns what stops it. */
export function followServer(cache: QueryClient): () => void {
  const waiting = new Map<string, ReturnType<typeof setTimeout>>();
  /** Asks again soon, and once for many news in a row. */
  const refresh = (key: string, delay: number) => {
    if (waiting.has(key)) return;
    waiting.set(
      key,
      setTimeout(() => {
        waiting.delete(key);
        void cache.invalidateQueries({ queryKey: [key] });
      }, delay),
    );
  };
  const stops = [
    serverEvents.on('moment', (moment) => {
      cache.setQueryData<Moment[]>(['moments'], (list) => (list ? withMoment(list, moment) : list));
      refresh('doors', 2000);
    }),
    serverEvents.on('incident', (incident) => {
      refresh('incidents', 300);
      void cache.invalidateQueries({ queryKey: ['incident', incident.incident_id] });
      refresh('reports', 5000);
    }),
    serverEvents.on('camera', () => refresh('cameras', 500)),
    serverEvents.on('door', () => {
      refresh('doors', 500);
      refresh('outlines', 500);
    }),
    serverEvents.on('mapping', () => {
      refresh('doors', 500);
      refresh('outlines', 500);
    }),
    serverEvents.on('mail', () => {
      refresh('outbox', 500);
      refresh('callbacks', 500);
      refresh('webhooks', 500);
    }),
    serverEvents.on('reload', () => void cache.invalidateQueries()),
    serverEvents.on('refused', () => void cache.invalidateQueries({ queryKey: ['session'] })),
  ];
  return () => {
    for (const stop of stops) stop();
    for (const timer of waiting.values()) clearTimeout(timer);
  };
}
