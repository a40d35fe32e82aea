"""Webhooks: which ones an account has, what each wants to hear, and the document that it is sent."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection
from yarl import URL

from doorwatch.alerts.channels import syslog
from doorwatch.alerts.channels.mqtt.broker import TOPIC, BrokerError, Login, broker, check_topic, trust
from doorwatch.alerts.channels.webhook import check_address
from doorwatch.alerts.rules import NoticeKind
from doorwatch.domain.incident import Incident, IncidentKind
from doorwatch.domain.time import DAY, Micros, to_iso
from doorwatch.store import settings as stored
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.recall import recalled
from doorwatch.store.schema.alerting import alert_rules

CHANNEL = "webhook"
OVERLAP = DAY
"""For how long posts are signed with the secret before the newest one as well."""

EVENTS = {
    NoticeKind.EARLY: "incident.provisional",
    NoticeKind.ALERT: "incident.created",
    NoticeKind.UPDATE: "incident.updated",
    NoticeKind.CORRECTION: "incident.explained",
    NoticeKind.DISMISSED: "incident.dismissed",
    NoticeKind.REOPENED: "incident.reopened",
    NoticeKind.OVERDUE: "incident.overdue",
}


class Form(StrEnum):
    """What is spoken at the other end."""

    JSON = "json"
    SLACK = "slack"
    TEAMS = "teams"
    SYSLOG = "syslog"
    CEF = "cef"
    MQTT = "mqtt"


_SYSLOG = frozenset({Form.SYSLOG, Form.CEF})
_SECRET_ADDRESSES = frozenset({Form.SLACK, Form.TEAMS})


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook. `kinds` and `doors` narrow what it hears; empty ones mean all. `topic` and `login` are for MQTT.

    `method` and `headers`, which may hold secrets, are those of a callback's posts.
    """

    hook_id: str
    name: str
    url: str
    secret: str
    enabled: bool = True
    kinds: tuple[IncidentKind, ...] = ()
    doors: tuple[str, ...] = ()
    secret_before: str | None = None
    rotated_at: Micros = 0
    form: Form = Form.JSON
    topic: str = TOPIC
    login: Login = field(default_factory=Login)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def shown(self) -> str:
        """The address as the log of deliveries may tell it: who knows the whole address of a chat can write there."""
        if self.form not in _SECRET_ADDRESSES:
            return self.url
        return f"{self.name} ({URL(self.url).host})"

    @property
    def is_chat(self) -> bool:
        """Whether people read there."""
        return self.form in _SECRET_ADDRESSES

    def wants(self, incident: Incident) -> bool:
        """Whether it is to hear of an incident."""
        return (
            self.enabled
            and (not self.kinds or incident.kind in self.kinds)
            and (not self.doors or incident.door in self.doors)
        )

    def secrets_at(self, now: Micros) -> tuple[str, ...]:
        """The secrets to sign with: the one before the newest is still good for a day, so nobody misses a post."""
        both = self.secret_before is not None and now < self.rotated_at + OVERLAP
        return (self.secret, self.secret_before) if both and self.secret_before else (self.secret,)


def list_hooks(conn: Connection, account: str) -> list[Hook]:
    """The account's webhooks by name."""
    return list(recalled(conn, (CHANNEL, account), (alert_rules,), lambda: _read_hooks(conn, account)))


def _read_hooks(conn: Connection, account: str) -> list[Hook]:
    rules = stored.list_alert_rules(conn, account)
    return [hook_of(rule) for rule in rules if rule.settings.get("channel") == CHANNEL]


def get_hook(conn: Connection, account: str, hook_id: str) -> Hook:
    """One webhook. Raises UnknownError."""
    for hook in list_hooks(conn, account):
        if hook.hook_id == hook_id:
            return hook
    raise UnknownError("there is no such webhook")


def add_hook(conn: Connection, account: str, wanted: Hook, now: Micros) -> Hook:
    """Add a webhook with a secret of its own; its id is given here. Raises WebhookError."""
    return save_hook(conn, account, replace(wanted, hook_id="", secret=new_secret()), now)


def save_hook(conn: Connection, account: str, hook: Hook, now: Micros) -> Hook:
    """Keep a webhook. Raises WebhookError when its address can't be one."""
    _check(hook)
    values = {"channel": CHANNEL, **values_of(hook)}
    rule = stored.save_alert_rule(
        conn, account, name=hook.name, enabled=hook.enabled, values=values, now=now, rule_id=hook.hook_id or None
    )
    return replace(hook, hook_id=rule.rule_id)


def values_of(hook: Hook) -> dict[str, Any]:
    """What is kept of a webhook beside its name; those that are secret are sealed."""
    values = {
        "url": hook.url,
        "form": hook.form.value,
        "secret": hook.secret,
        "secret_before": hook.secret_before,
        "rotated_at": hook.rotated_at,
        "kinds": [kind.value for kind in hook.kinds],
        "doors": list(hook.doors),
        "method": hook.method,
        "headers": json.dumps(dict(hook.headers)),
    }
    if hook.form is Form.MQTT:
        login = hook.login
        values |= {"topic": hook.topic, "username": login.username, "password": login.password}
        values |= {"authority": login.authority}
    return values


def _check(hook: Hook) -> None:
    if hook.form in _SYSLOG:
        syslog.collector(hook.url)
    elif hook.form is Form.MQTT:
        broker(hook.url, hook.login)
        trust(hook.login.authority)
        check_topic(hook.topic)
    else:
        check_address(hook.url)


def kept_login(before: Hook, url: str, wanted: Login, password: str | None) -> Login:
    """The login of a broker that is changed: without a new password the old one stays, if it goes where it went.

    Raises BrokerError when it would be shown to another broker, or as another user's.
    """
    if password is not None or not before.login.password:
        return replace(wanted, password=password or "")
    if (url, wanted.username, wanted.authority) != (before.url, before.login.username, before.login.authority):
        text = "the password is not shown to another broker by itself: give it again with the new address, user or authority"
        raise BrokerError(text, "password")
    return replace(wanted, password=before.login.password)


def rotate(conn: Connection, account: str, hook_id: str, now: Micros) -> Hook:
    """Give a webhook a new secret; posts carry both signatures for a day."""
    hook = get_hook(conn, account, hook_id)
    return save_hook(conn, account, rotated(hook, now), now)


def rotated(hook: Hook, now: Micros) -> Hook:
    """The same with a new secret; the one before it is still signed with for a day."""
    return replace(hook, secret=new_secret(), secret_before=hook.secret, rotated_at=now)


def new_secret() -> str:
    """A secret to sign with."""
    return f"dwhook_{secrets.token_urlsafe(32)}"


def document(incident: Incident, revision: int, kind: NoticeKind, places: Mapping[str, str]) -> dict[str, Any]:
    """What a webhook is sent of an incident; the delivery adds its `id`."""
    told = {
        "incident_id": incident.incident_id,
        "revision": revision,
        "kind": incident.kind.value,
        "state": incident.state.value,
        "coverage": incident.coverage.value,
        "door_id": incident.door,
        "door": places["door"],
        "camera": places["camera"],
        "site": places["site"],
        "start": to_iso(incident.start),
        "end": to_iso(incident.end),
        "people": incident.people,
        "grants": incident.grants,
        "excess": incident.excess,
        "reason": incident.reason,
        "grant_ids": list(incident.grant_ids),
        "url": places["event"],
    }
    return {"type": EVENTS[kind], "data": {"object": told}}


def trial() -> dict[str, Any]:
    """What a webhook is sent when somebody asks whether it works."""
    return {"type": "test", "data": {"object": {"text": "Posts from Doorwatch arrive."}}}


def encoded(body: Mapping[str, Any]) -> bytes:
    """A document as it is posted: the same bytes each time, so that the signature can be checked against them."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def hook_of(rule: stored.AlertRule) -> Hook:
    """What was kept of a webhook, of a version before this one as well."""
    values = rule.settings
    return Hook(
        hook_id=rule.rule_id,
        name=rule.name,
        url=values["url"],
        secret=values["secret"],
        enabled=rule.enabled,
        kinds=tuple(IncidentKind(kind) for kind in values.get("kinds", ())),
        doors=tuple(values.get("doors", ())),
        secret_before=values.get("secret_before"),
        rotated_at=values.get("rotated_at", 0),
        form=Form(values.get("form", Form.JSON)),
        topic=values.get("topic", TOPIC),
        method=values.get("method", "POST"),
        headers=json.loads(values.get("headers", "{}")),
        login=Login(*(values.get(name, "") for name in ("username", "password", "authority"))),
    )
