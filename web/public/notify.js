/**
 * The page's service worker: shows what the server pushes, and opens the incident when it is clicked.
 * It keeps nothing, answers no requests of the page, and knows no address but this page's own.
 */

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => event.waitUntil(show(told(event.data))));

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.path));
});

// The browser's maker gave it another address: who was notified here is notified there.
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)));

/** What was pushed; whatever it is, something is shown, since a browser that shows nothing takes the permission away. */
function told(data) {
  try {
    const found = data?.json();
    if (typeof found?.title === 'string') return found;
  } catch {
    // Shown below as what it is.
  }
  return { title: 'Doorwatch has something to tell', body: 'Open the page to see it.', path: '/', tag: 'unread' };
}

function show({ title, body, path, tag, at }) {
  return self.registration.showNotification(title, {
    body,
    tag,
    // The next word about the same incident takes its place and rings again.
    renotify: true,
    icon: '/favicon.svg',
    timestamp: at,
    data: { path },
  });
}

/** Goes to the page's own address, in the window that shows it already or in a new one: no window loses what it shows. */
async function open(path) {
  const wanted = new URL(typeof path === 'string' ? path : '/', self.location.origin);
  const address = wanted.origin === self.location.origin ? wanted.href : self.location.origin;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find((one) => one.url === address);
  return there ? there.focus() : self.clients.openWindow(address);
}

/** Not every browser tells what it had and has: then it is asked for a new address, under the key that the server tells. */
async function renew({ oldSubscription, newSubscription }) {
  const fresh =
    newSubscription ?? (await self.registration.pushManager.subscribe(oldSubscription?.options ?? (await options())));
  const { endpoint, keys } = fresh.toJSON();
  await fetch('/api/session/browsers', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Doorwatch': '1' },
    body: JSON.stringify({ endpoint, keys, name: 'A browser that was renewed', former: oldSubscription?.endpoint }),
  });
}

async function options() {
  const { key } = await (await fetch('/api/session/browsers')).json();
  return { userVisibleOnly: true, applicationServerKey: key };
}
