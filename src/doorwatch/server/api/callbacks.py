"""`/api/callbacks`: other systems that are told of what happens at doors and of what is changed in the account."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from doorwatch.alerts import callbacks
from doorwatch.alerts.callbacks import Callback, CallbackError
from doorwatch.alerts.hooks import Hook
from doorwatch.domain.time import Micros, to_iso
from doorwatch.server.alerting.callbacks import read_filter
from doorwatch.server.api import alert_shapes, callback_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.deliveries import mail_shape
from doorwatch.server.api.webhooks import QueuedShape
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.server.services import Services
from doorwatch.store import settings as stored
from doorwatch.store import sites
from doorwatch.store.alerting import outbox
from doorwatch.store.alerting.outbox import Message
from doorwatch.store.audit_trail.acts import Act

router = APIRouter(tags=["callbacks"], responses=ERRORS)


@router.get("/api/callbacks")
async def list_callbacks(caller: Manager, parts: Parts) -> list[callback_shapes.CallbackShape]:
    """The account's callbacks by name, each with what became of its newest message."""

    def read(conn: Connection) -> list[callback_shapes.CallbackShape]:
        found = callbacks.list_callbacks(conn, caller.account)
        newest = outbox.newest_of(conn, caller.account, [one.callback_id for one in found])
        return [_shape(one, newest.get(one.callback_id)) for one in found]

    return await parts.db.read(read)


@router.post("/api/callbacks", status_code=201)
async def add_callback(
    body: callback_shapes.CallbackInput, caller: Manager, parts: Parts
) -> callback_shapes.CallbackSecretShape:
    """Register a callback; the answer carries the secret that its posts are signed with, once."""
    now = parts.clock.now()

    def keep(conn: Connection) -> Callback:
        _check_filter(conn, caller.account, body.filter, now)
        made = callbacks.add_callback(conn, caller.account, _wanted(body, None), now)
        note(conn, caller, now, Act.CALLBACK_ADD, made.callback_id, _noted(made))
        return made

    return _with_secret(await _kept(parts, keep))


@router.get("/api/callbacks/{callback_id}")
async def get_callback(callback_id: shapes.PathId, caller: Manager, parts: Parts) -> callback_shapes.CallbackShape:
    """One callback."""

    def read(conn: Connection) -> callback_shapes.CallbackShape:
        found = callbacks.get_callback(conn, caller.account, callback_id)
        return _shape(found, outbox.newest_of(conn, caller.account, [callback_id]).get(callback_id))

    return await parts.db.read(read)


@router.put("/api/callbacks/{callback_id}")
async def set_callback(
    callback_id: shapes.PathId, body: callback_shapes.CallbackInput, caller: Manager, parts: Parts
) -> callback_shapes.CallbackShape:
    """Change a callback; its secret stays, and so do its headers unless others are given."""
    now = parts.clock.now()

    def keep(conn: Connection) -> Callback:
        before = callbacks.get_callback(conn, caller.account, callback_id)
        _check_filter(conn, caller.account, body.filter, now)
        changed = callbacks.save_callback(conn, caller.account, _wanted(body, before.hook), now)
        note(conn, caller, now, Act.CALLBACK_CHANGE, callback_id, {**_noted(changed), "before": _noted(before)})
        return changed

    await _kept(parts, keep)
    return await get_callback(callback_id, caller, parts)


@router.delete("/api/callbacks/{callback_id}", status_code=204)
async def remove_callback(callback_id: shapes.PathId, caller: Manager, parts: Parts) -> None:
    """Take a callback away; what waits for it is given up."""
    now = parts.clock.now()

    def remove(conn: Connection) -> None:
        gone = callbacks.get_callback(conn, caller.account, callback_id)
        stored.remove_alert_rule(conn, caller.account, callback_id)
        note(conn, caller, now, Act.CALLBACK_REMOVE, callback_id, _noted(gone))

    await parts.db.write(remove)


@router.post("/api/callbacks/{callback_id}/secret")
async def rotate_callback_secret(
    callback_id: shapes.PathId, caller: Manager, parts: Parts
) -> callback_shapes.CallbackSecretShape:
    """Give a callback a new secret; for a day its posts carry the signature of the old one as well."""
    now = parts.clock.now()

    def rotate(conn: Connection) -> Callback:
        note(conn, caller, now, Act.CALLBACK_ROTATE, callback_id)
        return callbacks.rotate(conn, caller.account, callback_id, now)

    return _with_secret(await parts.db.write(rotate))


@router.post("/api/callbacks/{callback_id}/test")
async def try_callback(callback_id: shapes.PathId, caller: Manager, parts: Parts) -> QueuedShape:
    """Send a trial post; the list of deliveries tells what came of it."""
    await parts.db.write(lambda conn: parts.alerts.calls.try_out(conn, caller.account, callback_id))
    parts.alerts.wake()
    return QueuedShape(queued=1)


@router.get("/api/callbacks/{callback_id}/deliveries")
async def list_callback_deliveries(
    callback_id: shapes.PathId, caller: Manager, parts: Parts, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[alert_shapes.MailShape]:
    """What was sent to a callback and what waits, newest first; `/api/alerts/outbox/{message_id}` tells every try."""

    def read(conn: Connection) -> list[Message]:
        callbacks.get_callback(conn, caller.account, callback_id)
        return outbox.list_messages(conn, caller.account, limit=limit, rule_id=callback_id)

    return [mail_shape(message) for message in await parts.db.read(read)]


async def _kept(parts: Services, keep: Callable[[Connection], Callback]) -> Callback:
    try:
        return await parts.db.write(keep)
    except CallbackError as error:
        raise ApiError(422, str(error), field=error.where) from None


def _check_filter(conn: Connection, account: str, text: str, now: Micros) -> None:
    """A search of a person leaves out what it does not understand and says so; nobody reads that here."""
    if not text.strip():
        return
    query = read_filter(conn, account, text, sites.read(conn, account, now), now)
    if query.like is not None:
        sentence = (
            "a filter by looks ranks what is found and can't tell what is alike enough for a post: no score says from when on "
            "something is; leave out like:"
        )
        raise CallbackError(sentence, "filter")
    if query.every is not None:
        sentence = "a filter looks at each thing alone: leave out what chooses among many, such as every 5 minutes"
        raise CallbackError(sentence, "filter")
    if query.problems or not query.terms:
        why = query.problems[0] if query.problems else f"{text!r} says nothing to look for"
        raise CallbackError(f"the filter is not understood ({why}): write it as in the search box", "filter")


def _wanted(body: callback_shapes.CallbackInput, before: Hook | None) -> Callback:
    fields = {"name": body.name, "url": body.url, "method": body.method, "enabled": body.enabled}
    if body.headers is not None:
        fields["headers"] = dict(body.headers)
    elif before is not None and before.headers and body.url != before.url:
        sentence = "headers are not shown to another address by themselves: give them again with the new one"
        raise CallbackError(sentence, "headers")
    hook = replace(before or Hook("", "", "", ""), **fields)  # type: ignore[arg-type]  # each is of its field's type
    return Callback(hook, tuple(dict.fromkeys(body.events)), body.filter.strip(), body.message)


def _noted(callback: Callback) -> dict[str, Any]:
    """What the audit trail keeps: which headers there are, and never what they say."""
    hook = callback.hook
    return {
        "name": hook.name,
        "url": hook.shown,
        "method": hook.method,
        "headers": sorted(hook.headers),
        "events": list(callback.events),
        "filter": callback.finds,
        "enabled": hook.enabled,
    }


def _shape(callback: Callback, newest: Message | None) -> callback_shapes.CallbackShape:
    return callback_shapes.CallbackShape(**_told(callback, newest))


def _with_secret(callback: Callback) -> callback_shapes.CallbackSecretShape:
    return callback_shapes.CallbackSecretShape(**_told(callback, None), secret=callback.hook.secret)


def _told(callback: Callback, newest: Message | None) -> dict[str, Any]:
    hook = callback.hook
    last = newest and callback_shapes.LastDelivery(
        mail_id=newest.message_id,
        state=newest.state,
        at=to_iso(newest.created_at if newest.sent_at is None else newest.sent_at),
        attempts=newest.attempts,
        error=newest.error,
    )
    return {
        "callback_id": callback.callback_id,
        "name": hook.name,
        "url": hook.url,
        "method": hook.method,
        "header_names": sorted(hook.headers),
        "events": list(callback.events),
        "filter": callback.finds,
        "message": callback.message,
        "enabled": hook.enabled,
        "last_delivery": last,
    }
