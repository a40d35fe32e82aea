"""`/api/callbacks`: other systems that are told of what happens at doors and of what is changed in the account."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from doorwatch.alerts import callbacks
from doorwatch.alerts.callbacks import Callback, CallbackError
from doorwatch.alerts.hooks import Hook
from doorwatch.domain.time import Micros
from doorwatch.server.alerting.filters import problem_of
from doorwatch.server.api import alert_shapes, callback_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.deliveries import last_delivery, mail_shape
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
    """The account's callbacks by name, each with what became of its newest message, and what is wrong with its filter."""
    now = parts.clock.now()

    def read(conn: Connection) -> list[callback_shapes.CallbackShape]:
        return _shapes(conn, caller.account, callbacks.list_callbacks(conn, caller.account), now)

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
    now = parts.clock.now()

    def read(conn: Connection) -> callback_shapes.CallbackShape:
        [found] = _shapes(conn, caller.account, [callbacks.get_callback(conn, caller.account, callback_id)], now)
        return found

    return await parts.db.read(read)


@router.put("/api/callbacks/{callback_id}")
async def set_callback(
    callback_id: shapes.PathId, body: callback_shapes.CallbackInput, caller: Manager, parts: Parts
) -> callback_shapes.CallbackShape:
    """Change a callback; its secret stays, and so do its headers unless others are given."""
    now = parts.clock.now()

    def keep(conn: Connection) -> Callback:
        before = callbacks.get_callback(conn, caller.account, callback_id)
        # One that stays as it is was taken when it was made: whoever switches it off need not mend it first.
        if body.filter.strip() != before.finds:
            _check_filter(conn, caller.account, body.filter, now)
        changed = callbacks.save_callback(conn, caller.account, _wanted(body, before), now)
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
    why = problem_of(conn, account, text, sites.read(conn, account, now), now)
    if why is not None:
        raise CallbackError(why, "filter")


def _wanted(body: callback_shapes.CallbackInput, before: Callback | None) -> Callback:
    known = before or Callback(Hook("", "", "", ""), ())
    fields = {"name": body.name, "url": body.url, "method": body.method, "enabled": body.enabled}
    if body.headers is not None:
        fields["headers"] = dict(body.headers)
    elif known.hook.headers and body.url != known.hook.url:
        sentence = "headers are not shown to another address by themselves: give them again with the new one"
        raise CallbackError(sentence, "headers")
    return replace(
        known,
        hook=replace(known.hook, **fields),  # type: ignore[arg-type]  # each is of its field's type
        events=tuple(dict.fromkeys(body.events)),
        finds=body.filter.strip(),
        message=body.message,
        images=body.images,
    )


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
        "images": callback.images,
        "enabled": hook.enabled,
    }


def _shapes(
    conn: Connection, account: str, found: Sequence[Callback], now: Micros
) -> list[callback_shapes.CallbackShape]:
    newest = outbox.newest_of(conn, account, [one.callback_id for one in found])
    places = sites.read(conn, account, now)
    return [
        callback_shapes.CallbackShape(
            **_told(one, newest.get(one.callback_id)), problem=problem_of(conn, account, one.finds, places, now)
        )
        for one in found
    ]


def _with_secret(callback: Callback) -> callback_shapes.CallbackSecretShape:
    return callback_shapes.CallbackSecretShape(**_told(callback, None), problem=None, secret=callback.hook.secret)


def _told(callback: Callback, newest: Message | None) -> dict[str, Any]:
    hook = callback.hook
    return {
        "callback_id": callback.callback_id,
        "name": hook.name,
        "url": hook.url,
        "method": hook.method,
        "header_names": sorted(hook.headers),
        "events": list(callback.events),
        "filter": callback.finds,
        "message": callback.message,
        "images": callback.images,
        "enabled": hook.enabled,
        "last_delivery": last_delivery(newest),
    }
