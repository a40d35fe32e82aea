"""`/api/session/browsers`: in which of one's browsers one is notified; `/api/alerts/browsers`: whether anybody may be."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from doorwatch.alerts import browsers
from doorwatch.alerts.channels.push.encryption import SubscriptionError, browser_keys
from doorwatch.alerts.channels.push.send import check_endpoint
from doorwatch.domain.time import to_iso
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.shapes import Answer, Told
from doorwatch.server.auth import Guest, Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.server.permissions import Caller
from doorwatch.store.alerting import outbox, subscriptions
from doorwatch.store.alerting.subscriptions import Address, Subscription
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.engine.errors import UnknownError

router = APIRouter(tags=["alerts"], responses=ERRORS)


class BrowserShape(Answer):
    """A browser in which one is notified; it knows itself by the SHA-256 of its address at the push service, in hex."""

    subscription_id: str
    name: str
    fingerprint: str
    created_at: str


class BrowsersShape(Answer):
    """Whether one may be notified in browsers, by which key they know this server, and in which one is."""

    allowed: bool
    key: str
    browsers: list[BrowserShape]


class BrowserKeysDraft(Told):
    """What a browser gave to encrypt for it, base64url."""

    model_config = ConfigDict(extra="forbid")

    p256dh: Annotated[str, Field(max_length=200)]
    auth: Annotated[str, Field(max_length=100)]


class BrowserDraft(Told):
    """A browser's subscription, as its push manager tells it, and what to call the browser."""

    model_config = ConfigDict(extra="forbid")

    endpoint: Annotated[str, Field(max_length=1000)]
    keys: BrowserKeysDraft
    name: Annotated[str, Field(min_length=1, max_length=60)]
    former: Annotated[
        str | None,
        Field(max_length=1000, description="The endpoint that this browser had before; it goes, and its name stays"),
    ] = None


class AllowShape(Told):
    """Whether people may be notified in their browsers."""

    model_config = ConfigDict(extra="forbid")

    allowed: bool


@router.get("/api/session/browsers")
async def list_browsers(caller: Guest, parts: Parts) -> BrowsersShape:
    """The browsers in which one is notified."""
    me = _person(caller)

    def read(conn: Connection) -> tuple[bool, list[Subscription]]:
        return browsers.allowed(conn, caller.account), subscriptions.of_person(conn, caller.account, me)

    allowed, found = await parts.db.read(read)
    return BrowsersShape(allowed=allowed, key=parts.push_signer.public, browsers=[_shape(one) for one in found])


@router.post("/api/session/browsers", status_code=201)
async def add_browser(body: BrowserDraft, caller: Guest, parts: Parts) -> BrowserShape:
    """Be notified in a browser from now on."""
    me, now = _person(caller), parts.clock.now()
    try:
        check_endpoint(body.endpoint)
        browser_keys(body.keys.p256dh, body.keys.auth)
    except SubscriptionError as error:
        raise ApiError(422, str(error), field=error.field) from None
    address = Address(body.endpoint, body.keys.p256dh, body.keys.auth)
    former = body.former and replace(address, endpoint=body.former).fingerprint

    def keep(conn: Connection) -> Subscription:
        if not browsers.allowed(conn, caller.account):
            raise ApiError(409, "this account lets nobody be notified in browsers: ask who manages it to allow it")
        made = subscriptions.add(conn, caller.account, me, body.name, address, now, former=former)
        note(conn, caller, now, Act.BROWSER_ADD, made.subscription_id, {"name": made.name})
        return made

    return _shape(await parts.db.write(keep))


@router.delete("/api/session/browsers/{subscription_id}", status_code=204)
async def remove_browser(subscription_id: shapes.PathId, caller: Guest, parts: Parts) -> None:
    """Be notified in a browser no more."""
    me, now = _person(caller), parts.clock.now()

    def remove(conn: Connection) -> None:
        name = subscriptions.remove(conn, caller.account, subscription_id, user_id=me)
        note(conn, caller, now, Act.BROWSER_REMOVE, subscription_id, {"name": name})

    await parts.db.write(remove)


@router.post("/api/session/browsers/{subscription_id}/test", status_code=204)
async def try_browser(subscription_id: shapes.PathId, caller: Guest, parts: Parts) -> None:
    """Send a trial notification."""
    me, now = _person(caller), parts.clock.now()

    def write(conn: Connection) -> None:
        mine = subscriptions.of_person(conn, caller.account, me)
        to = next((one for one in mine if one.subscription_id == subscription_id), None)
        if to is None:
            raise UnknownError("there is no such browser; perhaps it was removed already")
        outbox.write(conn, caller.account, browsers.trial(to, now), now)

    await parts.db.write(write)
    parts.alerts.wake()


@router.get("/api/alerts/browsers")
async def get_allowed(caller: Manager, parts: Parts) -> AllowShape:
    """Whether people may be notified in their browsers."""
    return AllowShape(allowed=await parts.db.read(lambda conn: browsers.allowed(conn, caller.account)))


@router.put("/api/alerts/browsers")
async def set_allowed(body: AllowShape, caller: Manager, parts: Parts) -> AllowShape:
    """Let people be notified in their browsers, or not."""
    now = parts.clock.now()

    def keep(conn: Connection) -> None:
        before = browsers.allowed(conn, caller.account)
        browsers.allow(conn, caller.account, body.allowed, now)
        note(conn, caller, now, Act.BROWSERS_ALLOW, "browsers", {"allowed": body.allowed, "before": before})

    await parts.db.write(keep)
    return body


def _person(caller: Caller) -> str:
    if caller.user_id is None:
        raise ApiError(404, "a token sits at no browser")
    return caller.user_id


def _shape(one: Subscription) -> BrowserShape:
    return BrowserShape(
        subscription_id=one.subscription_id,
        name=one.name,
        fingerprint=one.fingerprint,
        created_at=to_iso(one.created_at),
    )
