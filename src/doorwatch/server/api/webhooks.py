"""`/api/webhooks`: signed posts to other systems, and sending again what was delivered or given up."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from doorwatch.alerts import hooks
from doorwatch.alerts.channels.mqtt.broker import TOPIC, Login
from doorwatch.alerts.channels.webhook import WebhookError
from doorwatch.alerts.hooks import Form, Hook
from doorwatch.domain.incident import IncidentKind
from doorwatch.server.api.alert_shapes import LastDelivery
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.deliveries import last_delivery
from doorwatch.server.api.shapes import Answer, Told
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import settings as stored
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Message

router = APIRouter(tags=["alerts"], responses=ERRORS)


class MqttDraft(Told):
    """What MQTT needs beside the address. Without `password` the one that is kept stays; an empty one takes it away."""

    model_config = ConfigDict(extra="forbid")

    topic: Annotated[
        str,
        Field(max_length=250, description="Under which messages go; type, kind, site, door, door_id in double braces."),
    ] = TOPIC
    username: Annotated[str, Field(max_length=200)] = ""
    password: Annotated[str | None, Field(max_length=500)] = None
    authority: Annotated[
        str,
        Field(max_length=100_000, description="PEM; the broker's certificate descends from it. Empty: the system's."),
    ] = ""


class HookDraft(Told):
    """A webhook as it is wanted; no kinds or doors means all of them."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=100)]
    url: Annotated[str, Field(min_length=8, max_length=2000)]
    form: Annotated[Form, Field(description="What is spoken at the other end.")] = Form.JSON
    enabled: bool = True
    kinds: Annotated[list[IncidentKind], Field(max_length=10)] = []  # noqa: RUF012 - a model copies it
    doors: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1000)] = []  # noqa: RUF012 - a model copies it
    mqtt: Annotated[MqttDraft | None, Field(description="For MQTT alone.")] = None


class MqttShape(Answer):
    """What MQTT needs beside the address; the password is not told again."""

    topic: str
    username: str
    has_password: bool
    authority: str


class HookShape(Answer):
    """A webhook; its secret is not told again."""

    hook_id: str
    name: str
    url: str
    form: Form
    enabled: bool
    kinds: list[IncidentKind]
    doors: list[str]
    mqtt: MqttShape | None = None
    last_delivery: LastDelivery | None = None


class HookSecretShape(HookShape):
    """A webhook with the secret that its posts are signed with: shown this once."""

    secret: str


class QueuedShape(Answer):
    """The message that is on its way."""

    queued: int


@router.get("/api/webhooks")
async def list_webhooks(caller: Manager, parts: Parts) -> list[HookShape]:
    """The account's webhooks by name, each with what became of its newest message."""

    def read(conn: Connection) -> list[HookShape]:
        found = hooks.list_hooks(conn, caller.account)
        newest = outbox.newest_of(conn, caller.account, [hook.hook_id for hook in found])
        return [_shape(hook, newest.get(hook.hook_id)) for hook in found]

    return await parts.db.read(read)


@router.post("/api/webhooks", status_code=201)
async def add_webhook(body: HookDraft, caller: Manager, parts: Parts) -> HookSecretShape:
    """Add a webhook; the answer carries its secret, once."""
    now = parts.clock.now()

    def keep(conn: Connection) -> Hook:
        hook = hooks.add_hook(conn, caller.account, _wanted(body), now)
        note(conn, caller, now, "webhooks.added", hook.hook_id, _noted(hook))
        return hook

    return _with_secret(await _kept(parts.db.write(keep)))


@router.put("/api/webhooks/{hook_id}")
async def set_webhook(hook_id: str, body: HookDraft, caller: Manager, parts: Parts) -> HookShape:
    """Change a webhook; its secret stays."""
    now = parts.clock.now()

    def keep(conn: Connection) -> Hook:
        before = hooks.get_hook(conn, caller.account, hook_id)
        kept = {name: getattr(before, name) for name in ("hook_id", "secret", "secret_before", "rotated_at")}
        wanted = replace(_wanted(body), **kept)
        password = body.mqtt.password if body.mqtt else None
        login = hooks.kept_login(before, body.url, wanted.login, password)
        hook = hooks.save_hook(conn, caller.account, replace(wanted, login=login), now)
        note(conn, caller, now, "webhooks.set", hook_id, {**_noted(hook), "before": before.shown})
        return hook

    return _shape(await _kept(parts.db.write(keep)))


@router.delete("/api/webhooks/{hook_id}", status_code=204)
async def remove_webhook(hook_id: str, caller: Manager, parts: Parts) -> None:
    """Take a webhook away; what waits for it is given up."""
    now = parts.clock.now()

    def remove(conn: Connection) -> None:
        hook = hooks.get_hook(conn, caller.account, hook_id)
        stored.remove_alert_rule(conn, caller.account, hook_id)
        note(conn, caller, now, "webhooks.removed", hook_id, {"name": hook.name, "url": hook.shown})

    await parts.db.write(remove)


@router.post("/api/webhooks/{hook_id}/secret")
async def rotate_secret(hook_id: str, caller: Manager, parts: Parts) -> HookSecretShape:
    """Give a webhook a new secret; for a day its posts carry the signature of the old one as well."""
    now = parts.clock.now()

    def rotate(conn: Connection) -> Hook:
        note(conn, caller, now, "webhooks.rotated", hook_id)
        return hooks.rotate(conn, caller.account, hook_id, now)

    return _with_secret(await parts.db.write(rotate))


@router.post("/api/webhooks/{hook_id}/test")
async def try_webhook(hook_id: str, caller: Manager, parts: Parts) -> QueuedShape:
    """Send a trial post; the delivery log tells what came of it."""
    await parts.db.write(lambda conn: parts.alerts.trials.write_post(conn, caller.account, hook_id))
    parts.alerts.wake()
    return QueuedShape(queued=1)


@router.post("/api/alerts/outbox/{message_id}/again")
async def deliver_again(message_id: str, caller: Manager, parts: Parts) -> QueuedShape:
    """Deliver a message once more, under the same id."""
    now = parts.clock.now()

    def queue(conn: Connection) -> None:
        message = outbox.again(conn, caller.account, message_id, now)
        note(conn, caller, now, "alerts.again", message_id, {"to": message.recipient})

    await parts.db.write(queue)
    parts.alerts.wake()
    return QueuedShape(queued=1)


async def _kept(work: Awaitable[Hook]) -> Hook:
    try:
        return await work
    except WebhookError as error:
        raise ApiError(422, str(error), field=error.field) from None


def _wanted(body: HookDraft) -> Hook:
    hook = Hook("", body.name, body.url, "", body.enabled, tuple(body.kinds), tuple(body.doors), form=body.form)
    if body.form is not Form.MQTT:
        return hook
    mqtt = body.mqtt or MqttDraft()
    return replace(hook, topic=mqtt.topic, login=Login(mqtt.username, mqtt.password or "", mqtt.authority.strip()))


def _noted(hook: Hook) -> dict[str, str]:
    """What the audit trail tells: never what lets one in."""
    mqtt = {"topic": hook.topic, "user": hook.login.username} if hook.form is Form.MQTT else {}
    return {"name": hook.name, "url": hook.shown, **mqtt}


def _shape(hook: Hook, newest: Message | None = None) -> HookShape:
    return HookShape(**_told(hook), last_delivery=last_delivery(newest))


def _with_secret(hook: Hook) -> HookSecretShape:
    return HookSecretShape(**_told(hook), secret=hook.secret)


def _told(hook: Hook) -> dict[str, Any]:
    return {
        "hook_id": hook.hook_id,
        "name": hook.name,
        "url": hook.url,
        "form": hook.form,
        "enabled": hook.enabled,
        "kinds": list(hook.kinds),
        "doors": list(hook.doors),
        "mqtt": _mqtt(hook) if hook.form is Form.MQTT else None,
    }


def _mqtt(hook: Hook) -> MqttShape:
    login = hook.login
    return MqttShape(
        topic=hook.topic, username=login.username, has_password=bool(login.password), authority=login.authority
    )
