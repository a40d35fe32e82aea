"""Notifications in a browser: asked for by a button, shown by the service worker, leading to the incident.

The push service of the browser's maker can't be reached from a test: what it would answer to a subscription is stood in for,
and what it would deliver is delivered by the browser's own tools. Permission, worker, notification and page are real.
"""

import hashlib
import json

import pytest

SUBSCRIBED = """
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
let made = null;
PushManager.prototype.getSubscription = async () => made;
PushManager.prototype.subscribe = async (options) => {
  const keys = {p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
                auth: 'BTBZMqHH6r4Tts7J_aSIgg'};
  if (bytes(options.applicationServerKey)[0] !== 4) throw new Error('no key of a server');
  const endpoint = 'https://push.invalid/send/1';
  made = {endpoint, toJSON: () => ({endpoint, keys}), unsubscribe: async () => { made = null; return true; }};
  return made;
};
"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({title, body, tag, data}) => ({title, body, tag, path: data.path}))"""

ACTIVATED = "navigator.serviceWorker.ready.then((found) => found.active.state === 'activated')"

CLICK = """async () => {
    const [notification] = await self.registration.getNotifications();
    const opened = new Promise((found) => { self.clients.openWindow = found; });
    self.dispatchEvent(new NotificationEvent('notificationclick', {notification}));
    return opened;
}"""
"""Clicks the notification that is shown; gives where that would lead."""


@pytest.fixture
def notified(visit, server, eventually):
    """Opens a page of somebody whose browser is notified; `deliver` is what the push service does."""

    def open_page(size=(1440, 900)):
        server[1]("PUT", "/api/alerts/browsers", {"allowed": True})
        page = visit("/", size=size)
        page.context.grant_permissions(["notifications"], origin=server[0])
        page.add_init_script(SUBSCRIBED)
        registrations = []
        tools = page.context.new_cdp_session(page)
        tools.on("ServiceWorker.workerRegistrationUpdated", lambda said: registrations.extend(said["registrations"]))
        tools.send("ServiceWorker.enable")
        page.goto("/settings/account")
        page.get_by_role("button", name="Notify me in this browser").click()
        page.locator("li", has_text="this browser").get_by_role("button", name="Try Chrome on Linux").wait_for()

        def deliver(text):
            eventually(lambda: page.evaluate(ACTIVATED))
            present = [one for one in registrations if not one["isDeleted"]]
            found = {"origin": server[0], "registrationId": present[-1]["registrationId"]}
            tools.send("ServiceWorker.deliverPushMessage", {**found, "data": text})

        return page, deliver

    return open_page


def test_nothing_is_asked_until_somebody_presses_the_button_and_nowhere_until_it_is_allowed(visit, server):
    server[1]("PUT", "/api/alerts/browsers", {"allowed": False})
    page = visit("/settings/account")
    page.get_by_text("lets nobody be notified in browsers").wait_for()
    assert not page.get_by_role("button", name="Notify me in this browser").is_visible()
    page.goto("/settings/alerts")
    page.get_by_label("People may be notified in their browsers").check()
    page.goto("/settings/account")
    page.get_by_role("button", name="Notify me in this browser").wait_for()
    assert page.evaluate("Notification.permission") != "granted"
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)") == 0
    server[1]("PUT", "/api/alerts/browsers", {"allowed": False})


def test_a_push_is_shown_and_its_click_opens_the_incident(notified, incident, eventually):
    page, deliver = notified()
    path = f"/incidents/{incident['incident_id']}"
    told = {"title": "Tailgating at Lobby east", "body": "HQ, 18:02:11 CET", "path": path, "tag": "t1", "at": 0}
    deliver(json.dumps(told))
    [shown] = eventually(lambda: page.evaluate(SHOWN))
    assert shown == {name: told[name] for name in ("title", "body", "path", "tag")}
    deliver(json.dumps({**told, "title": "Explained: Tailgating at Lobby east"}))
    eventually(lambda: [one["title"] for one in page.evaluate(SHOWN)] == ["Explained: Tailgating at Lobby east"])
    # Only a person's own click may open a window: where it would lead is written down, and then gone to.
    [worker] = page.context.service_workers
    opened = worker.evaluate(CLICK)
    assert opened.endswith(path)
    eventually(lambda: not page.evaluate(SHOWN) or None)
    page.goto(opened)
    page.get_by_text("Lobby east").filter(visible=True).first.wait_for()


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"title": 5}', "null"])
def test_whatever_is_pushed_something_is_shown(notified, eventually, text):
    page, deliver = notified()
    deliver(text)
    [shown] = eventually(lambda: page.evaluate(SHOWN))
    assert shown["path"] == "/"


def test_a_click_never_leaves_this_page(notified, eventually):
    page, deliver = notified()
    deliver(json.dumps({"title": "x", "body": "", "path": "https://evil.example/x", "tag": "t"}))
    eventually(lambda: page.evaluate(SHOWN))
    [worker] = page.context.service_workers
    opened = worker.evaluate(CLICK)
    assert "evil" not in opened


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_a_browser_is_tried_and_ended(notified, size):
    page, _ = notified(size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0], "nothing sticks out of the page"
    page.get_by_role("button", name="Try Chrome on Linux").click()
    page.get_by_text("A notification is on its way.").wait_for()
    page.get_by_role("button", name="End notifications in Chrome on Linux").click()
    page.get_by_role("button", name="End it").click()
    page.get_by_role("button", name="Notify me in this browser").wait_for()


def test_who_signs_out_is_told_nothing_more_in_that_browser(notified, server):
    page, _ = notified()
    assert server[1]("GET", "/api/session/browsers")["browsers"]
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    assert server[1]("GET", "/api/session/browsers")["browsers"] == []


RENEWED = """async (told) => {
    const asked = [];
    self.PushManager.prototype.subscribe = async (options) => {
        asked.push(options);
        return {toJSON: () => told.fresh};
    };
    const event = new ExtendableEvent('pushsubscriptionchange');
    Object.assign(event, told.old ? {oldSubscription: told.old} : {});
    let work;
    event.waitUntil = (promise) => { work = promise; };
    self.dispatchEvent(event);
    await work;
    return asked;
}"""
"""The browser's maker gives another address, as browsers tell it: some say which it was before, and some nothing."""


@pytest.mark.parametrize("says_what_it_was", [True, False])
def test_a_browser_whose_address_was_changed_by_its_maker_is_notified_there(notified, server, says_what_it_was):
    page, _ = notified()
    path = "/api/session/browsers"
    before = server[1]("GET", path)
    [worker] = page.context.service_workers
    keys = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }
    fresh = {"endpoint": f"https://push.invalid/send/new-{says_what_it_was}", "keys": keys}
    options = {"userVisibleOnly": True, "applicationServerKey": "the key that it had"}
    old = {"endpoint": "https://push.invalid/send/1", "options": options} if says_what_it_was else None
    asked = worker.evaluate(RENEWED, {"fresh": fresh, "old": old})
    assert asked == [options if says_what_it_was else {**options, "applicationServerKey": before["key"]}]
    after = server[1]("GET", path)["browsers"]
    known = hashlib.sha256(fresh["endpoint"].encode()).hexdigest()
    [made] = [one for one in after if one["fingerprint"] == known]
    if says_what_it_was:
        assert {one["name"] for one in before["browsers"]} == {one["name"] for one in after}
        assert len(after) == len(before["browsers"]), "it is one browser still"
    for one in after:
        server[1]("DELETE", f"{path}/{one['subscription_id']}")
    assert made["subscription_id"] not in {one["subscription_id"] for one in before["browsers"]}
