/** Notifications in browsers: what the browser, its maker's push service and the server agree on. */
import { t } from '@lingui/core/macro';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, api } from './client';
import type { components } from './schema';

export type NotifiedBrowser = components['schemas']['BrowserShape'];

const WORKER = '/notify.js';
const one = (id: string) => ({ params: { path: { subscription_id: id } } });

/** Whether this browser can be notified; over plain HTTP none can. */
export const canBeNotified = () =>
  globalThis.isSecureContext &&
  'serviceWorker' in navigator &&
  'PushManager' in globalThis &&
  'Notification' in globalThis;

export function useBrowsers() {
  return useQuery({
    queryKey: ['browsers'],
    queryFn: async ({ signal }) => ({
      ...(await answer(api.GET('/api/session/browsers', { signal }))),
      here: await fingerprintHere(),
    }),
  });
}

/** A change after which the list is read anew. */
function useChange<Input>(call: (input: Input) => Promise<unknown>) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: call,
    onSuccess: () => Promise.all(['browsers', 'outbox'].map((key) => cache.invalidateQueries({ queryKey: [key] }))),
  });
}

/** Asks the person, then the browser's maker, and tells the server where it may push to. */
export const useNotifyHere = () =>
  useChange(async ({ key, name }: { key: string; name: string }) => {
    if ((await Notification.requestPermission()) !== 'granted') throw new Error(NOT_GRANTED);
    const worker = await navigator.serviceWorker.register(WORKER);
    await navigator.serviceWorker.ready;
    const found = await subscribed(worker.pushManager, key);
    const { endpoint = '', keys } = found.toJSON();
    const body = {
      endpoint,
      keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' },
      name,
    };
    await answer(api.POST('/api/session/browsers', { body }));
  });

const NOT_GRANTED = t`The browser does not allow it: allow notifications of this page in its settings, then try again.`;

/** A subscription for this server's key; one for a key that the server had before is given up. */
async function subscribed(manager: PushManager, key: string): Promise<PushSubscription> {
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await manager.subscribe(options);
  } catch (error) {
    const former = await manager.getSubscription();
    if (former) {
      await former.unsubscribe();
      return manager.subscribe(options);
    }
    throw new Error(
      t`The push service of this browser's maker can't be reached; notifications need it, as this browser has no other.`,
      { cause: error },
    );
  }
}

export const useForgetBrowser = () =>
  useChange(async (browser: NotifiedBrowser) => {
    await answer(api.DELETE('/api/session/browsers/{subscription_id}', one(browser.subscription_id)));
    if (browser.fingerprint === (await fingerprintHere())) await (await here())?.unsubscribe();
  });

export const useTryBrowser = () =>
  useChange((id: string) => answer(api.POST('/api/session/browsers/{subscription_id}/test', one(id))));

/** Ends notifications in this browser, before somebody signs out of it. */
export async function endHere(): Promise<void> {
  const [found, fingerprint] = [await here(), await fingerprintHere()];
  if (!found) return;
  const { browsers } = await answer(api.GET('/api/session/browsers'));
  const mine = browsers.find((browser) => browser.fingerprint === fingerprint);
  if (mine) await answer(api.DELETE('/api/session/browsers/{subscription_id}', one(mine.subscription_id)));
  await found.unsubscribe();
}

async function here(): Promise<PushSubscription | null> {
  if (!canBeNotified()) return null;
  const worker = await navigator.serviceWorker.getRegistration(WORKER);
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** By what the server's list knows this browser; null when it is not subscribed. */
async function fingerprintHere(): Promise<string | null> {
  const found = await here();
  if (!found) return null;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(found.endpoint));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function useAllowed() {
  return useQuery({
    queryKey: ['browsers', 'allowed'],
    queryFn: ({ signal }) => answer(api.GET('/api/alerts/browsers', { signal })),
  });
}

export const useAllow = () =>
  useChange((allowed: boolean) => answer(api.PUT('/api/alerts/browsers', { body: { allowed } })));
