"""Callbacks of other systems: a post for each thing they want to hear of, narrowed by a search, in a shape of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.channels.webhook import WebhookError, check_address, check_headers
from doorwatch.alerts.hooks import EVENTS as INCIDENTS
from doorwatch.alerts.hooks import Hook
from doorwatch.alerts.images import WANTED
from doorwatch.alerts.troubles import TELLINGS, Trouble
from doorwatch.domain.time import Micros
from doorwatch.store import moment_reading
from doorwatch.store import settings as stored
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.recall import recalled
from doorwatch.store.people import users
from doorwatch.store.schema.alerting import alert_rules
from doorwatch.store.schema.people import memberships
from doorwatch.store.schema.people import users as user_rows

CHANNEL = "callback"
METHODS = ("POST", "PUT", "PATCH")
PROVISIONAL = "incident.provisional"

HAPPENINGS: Mapping[str, str] = {
    **dict.fromkeys(INCIDENTS.values(), "an incident of that state"),
    "pacs.events.created": "access events, up to 100 in one post",
    "crossings.created": "people who crossed a threshold, up to 100 in one post",
}
"""What happens at doors: a search can narrow it."""

CHANGES: Mapping[str, str] = {
    "camera.created": "a camera was added",
    "camera.updated": "a camera or a scene of it was changed",
    "camera.deleted": "a camera was removed",
    "device.updated": "a door's cameras, policy or pool were changed",
    "device.deleted": "a gateway's list of doors no longer names it",
    "zone.created": "a site was added",
    "zone.updated": "a site was changed, or what belongs to it",
    "zone.deleted": "a site was removed",
    "hook.created": "a webhook or callback was added",
    "hook.deleted": "a webhook or callback was removed",
}
"""What somebody changes in the account."""


def trouble_type(trouble: Trouble) -> str:
    """The type of posts that tell of a trouble when it has begun, and when it is over."""
    return f"system.{trouble.value}"


TROUBLES: Mapping[str, str] = {trouble_type(one): telling.begun for one, telling in TELLINGS.items()}
"""What is wrong with the system, or at a door."""

TYPES = (*HAPPENINGS, *TROUBLES, *CHANGES)


class CallbackError(WebhookError):
    """A callback that can't be one; `where` is the value that is wrong."""

    def __init__(self, sentence: str, where: str) -> None:
        super().__init__(sentence)
        self.where = where


@dataclass(frozen=True, slots=True)
class Callback:
    """Who is told of what: `hook` is the receiver, `events` are types of `TYPES`, `finds` is a search in plain words.

    With `images` posts lead to pictures of what happened. It hears of what came after the entry of the audit trail and
    the moment of these numbers: what was there when it was registered is not told.
    """

    hook: Hook
    events: tuple[str, ...]
    finds: str = ""
    message: str = ""
    images: bool = False
    after_entry: int = 0
    after_moment: int = 0

    @property
    def callback_id(self) -> str:
        """Its id."""
        return self.hook.hook_id

    def hears(self, kind: str) -> bool:
        """Whether it is to hear of things of this type."""
        return self.hook.enabled and kind in self.events

    def body(self, kind: str, told: Mapping[str, Any], user: Mapping[str, str | None]) -> dict[str, Any]:
        """What it is sent of one thing; the delivery adds its `id`."""
        more = {"message": self.message} if self.message else {}
        return {"type": kind, "data": {"object": dict(told), "user": dict(user)}, **more}

    def pictured(self, body: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The same, to lead to these pictures where it is wished."""
        return {**body, WANTED: [dict(one) for one in wanted]} if self.images else dict(body)


def list_callbacks(conn: Connection, account: str) -> list[Callback]:
    """The account's callbacks by name."""
    return list(recalled(conn, (CHANNEL, account), (alert_rules,), lambda: _read(conn, account)))


def get_callback(conn: Connection, account: str, callback_id: str) -> Callback:
    """One of them. Raises UnknownError."""
    for callback in list_callbacks(conn, account):
        if callback.callback_id == callback_id:
            return callback
    raise UnknownError("there is no such callback")


def add_callback(conn: Connection, account: str, wanted: Callback, now: Micros) -> Callback:
    """Add a callback with a secret of its own; its id is given here. Raises CallbackError."""
    fresh = replace(wanted.hook, hook_id="", secret=hooks.new_secret())
    made = replace(
        wanted,
        hook=fresh,
        after_entry=audit.last_number(conn, account),
        after_moment=moment_reading.last_sequence(conn, account),
    )
    return save_callback(conn, account, made, now)


def save_callback(conn: Connection, account: str, callback: Callback, now: Micros) -> Callback:
    """Keep a callback. Raises CallbackError."""
    _check(callback)
    hook = callback.hook
    values = {
        **hooks.values_of(hook),
        "channel": CHANNEL,
        "events": list(callback.events),
        "finds": callback.finds,
        "message": callback.message,
        "images": callback.images,
        "after_entry": callback.after_entry,
        "after_moment": callback.after_moment,
    }
    rule = stored.save_alert_rule(
        conn, account, name=hook.name, enabled=hook.enabled, values=values, now=now, rule_id=hook.hook_id or None
    )
    return replace(callback, hook=replace(hook, hook_id=rule.rule_id))


def rotate(conn: Connection, account: str, callback_id: str, now: Micros) -> Callback:
    """Give a callback a new secret; posts carry both signatures for a day."""
    callback = get_callback(conn, account, callback_id)
    return save_callback(conn, account, replace(callback, hook=hooks.rotated(callback.hook, now)), now)


def owner_of(conn: Connection, account: str) -> dict[str, str | None]:
    """Whose account it is, as posts tell it: its first owner."""
    members = recalled(conn, ("members", account), (user_rows, memberships), lambda: users.list_users(conn, account))
    for user in members:
        if user.role == "owner" and not user.disabled:
            return {"user_id": user.user_id, "email": user.email}
    return {"user_id": None, "email": None}


def _check(callback: Callback) -> None:
    hook = callback.hook
    where = "url"
    try:
        check_address(hook.url)
        where = "headers"
        check_headers(hook.headers)
    except WebhookError as error:
        raise CallbackError(str(error), where) from None
    if hook.method not in METHODS:
        raise CallbackError(f"{hook.method} carries no body: use {', '.join(METHODS)}", "method")
    if not callback.events:
        raise CallbackError(f"name at least one type to hear of, such as {TYPES[1]}", "events")
    for kind in callback.events:
        if kind not in TYPES:
            raise CallbackError(f"there is no type {kind}: use some of {', '.join(TYPES)}", "events")
    if callback.finds and not set(callback.events) & set(HAPPENINGS):
        raise CallbackError(
            "a filter narrows what happens at doors, and none of these types does: leave it out, or add a type such as "
            "incident.created",
            "filter",
        )


def _read(conn: Connection, account: str) -> list[Callback]:
    return [
        Callback(
            hooks.hook_of(rule),
            tuple(rule.settings["events"]),
            rule.settings["finds"],
            rule.settings["message"],
            rule.settings.get("images", False),
            rule.settings.get("after_entry", 0),
            rule.settings.get("after_moment", 0),
        )
        for rule in stored.list_alert_rules(conn, account)
        if rule.settings.get("channel") == CHANNEL
    ]
