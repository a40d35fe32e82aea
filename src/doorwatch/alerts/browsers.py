"""Notifications in people's browsers: who gets one, and what it says.

It says what the headline of a chat says, where and when: no person's name, no picture, and a path that needs signing in.
The browser's maker carries it, unreadable, and a phone may show it while it is locked.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts.channels.push.encryption import in_text
from doorwatch.alerts.channels.wording import GOOD_NEWS, headline, one_line
from doorwatch.domain.time import HOUR, Micros
from doorwatch.store import settings as stored
from doorwatch.store.alerting import subscriptions
from doorwatch.store.alerting.outbox import Draft
from doorwatch.store.alerting.subscriptions import Subscription
from doorwatch.store.engine.recall import recalled
from doorwatch.store.people import sharing
from doorwatch.store.schema.notifying import subscriptions as rows
from doorwatch.store.schema.people import memberships, users
from doorwatch.store.schema.people import settings as setting_rows

CHANNEL = "browser"
SETTING = "browsers"
KEY = "notifications in browsers"
"""Under which name the installation keeps the key that pushes are signed with."""

WORTH = 4 * HOUR
"""After so long a browser that was away is told nothing any more: a queue of incidents waits on the page."""
_LONGEST_LINE = 300


def allowed(conn: Connection, account: str) -> bool:
    """Whether the account lets people be notified in their browsers: it does not until somebody says so."""
    kept: Mapping[str, Any] = stored.get_setting(conn, account, SETTING, {})
    return bool(kept.get("allowed", False))


def allow(conn: Connection, account: str, wanted: bool, now: Micros) -> None:
    """Let people be notified in their browsers, or not."""
    stored.set_setting(conn, account, SETTING, {"allowed": wanted}, now)


def listening(conn: Connection, account: str) -> Sequence[Subscription]:
    """The browsers that are notified in an account; none where that is not allowed."""
    tables = (setting_rows, rows, users, memberships)
    return recalled(
        conn,
        (CHANNEL, account),
        tables,
        lambda: tuple(subscriptions.listening(conn, account)) if allowed(conn, account) else (),
    )


def at_door(conn: Connection, account: str, door: str, now: Micros) -> list[Subscription]:
    """Those whose people may see what happens at a door."""
    return [
        one
        for one in listening(conn, account)
        if one.cameras is None or door in sharing.doors_seen(conn, account, one.cameras, now)
    ]


def of_people(conn: Connection, account: str, addresses: Iterable[str]) -> list[Subscription]:
    """Those of people with these mail addresses, who may see everything."""
    wanted = {address.lower() for address in addresses}
    return [one for one in listening(conn, account) if one.cameras is None and one.email.lower() in wanted]


def draft(
    document: Mapping[str, Any],
    to: Subscription,
    *,
    name: str,
    thread: str,
    path: str,
    place: str = "",
    incident_id: str | None = None,
    withheld: str | None = None,
) -> Draft:
    """One notification; later ones of the same thread take its place on the screen."""
    told = document["data"]["object"]
    kept = {key: told[key] for key in ("people", "excess", "rule_id", "door_id") if key in told}
    payload = {
        "type": document["type"],
        "title": headline(document),
        "body": one_line(place or told.get("reason", ""), _LONGEST_LINE),
        "path": path,
        "tag": tag_of(thread),
        **kept,
    }
    return Draft(
        dedupe=f"{name}:{to.subscription_id}",
        channel=CHANNEL,
        recipient=to.shown,
        subject=payload["title"],
        payload=payload,
        thread=thread,
        incident_id=incident_id,
        rule_id=to.subscription_id,
        withheld=withheld,
    )


def trial(to: Subscription, now: Micros) -> Draft:
    """A notification that somebody asks for to see whether it arrives."""
    told = {"type": "test", "data": {"object": {"reason": "You will be told of incidents in this browser."}}}
    made = draft(told, to, name=f"test:{now}", thread=f"test:{to.subscription_id}", path="/settings/account")
    return replace(made, payload={**made.payload, "trial": True})


def tag_of(thread: str) -> str:
    """A thread's name as push services take it: 32 letters of base64url, which say nothing about it."""
    return in_text(hashlib.sha256(thread.encode()).digest())[:32]


def is_urgent(payload: Mapping[str, Any]) -> bool:
    """Whether a phone that saves its battery is to be woken."""
    return payload.get("type") not in GOOD_NEWS


def encoded(payload: Mapping[str, Any], at: Micros) -> bytes:
    """What the browser is sent."""
    shown = {name: payload[name] for name in ("title", "body", "path", "tag")}
    return json.dumps({**shown, "at": at // 1000}, ensure_ascii=False, separators=(",", ":")).encode()
