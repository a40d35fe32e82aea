"""The short way for events: a post in which nothing is unusual is answered without routes, wrappers and middlewares.

Thousands of posts a second bring one event each, and the way through the framework costs more than to store them. This
lane stands in front of it and serves a post only if its token is remembered as good, its body is plain and of a stated
length, and every event in it is sound. Everything else, each refusal and each error included, goes the long way with
the body that was read, so that there is one place that words them. Both ways read, count, limit and store alike.
"""

from collections.abc import Callable

from starlette.datastructures import State
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorwatch.server.auth import Producer, Producers
from doorwatch.server.ingest.pacs import EVENTS_PATH, take_in
from doorwatch.server.ingest.pacs_wire import read_sound_events
from doorwatch.server.metrics import STORED
from doorwatch.server.middleware.body import limit_of
from doorwatch.server.middleware.headers import raw_headers
from doorwatch.server.middleware.log import new_request_id, note_request
from doorwatch.server.services import Services

_UNUSUAL = frozenset({b"content-encoding", b"transfer-encoding", b"x-request-id", b"expect"})
_STORED = STORED.labels("access_event")
_MOST_BYTES = limit_of(EVENTS_PATH)


class EventLane:
    """Serves usual posts of events itself, and hands everything else on."""

    def __init__(self, app: ASGIApp, state: State, *, monotonic: Callable[[], float], secure: bool) -> None:
        self._app = app
        self._state = state
        self._monotonic = monotonic
        self._producers = Producers()
        self._headers = [(b"content-type", b"application/json"), *raw_headers(secure=secure, private=True)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "http" and scope["path"] == EVENTS_PATH and scope["method"] == "POST":
            started = self._monotonic()
            services = getattr(self._state, "services", None)
            authorization = _usual(scope["headers"])
            if (
                isinstance(services, Services)
                and authorization is not None
                and (producer := self._producers.remembered(services.accounts, authorization)) is not None
            ):
                body = await _whole(receive)
                if body[-1]["type"] != "http.request":
                    return  # the client went away: there is nobody to answer
                stored = await _stored(services, producer, body)
                if stored is not None:
                    await self._answer(send, stored)
                    note_request("POST", EVENTS_PATH, 200, self._monotonic() - started)
                    return
                receive = _again(body, receive)
        await self._app(scope, receive, send)

    async def _answer(self, send: Send, stored: int) -> None:
        body = b'{"stored":%d}' % stored
        own = [(b"content-length", b"%d" % len(body)), (b"x-request-id", new_request_id().encode())]
        await send({"type": "http.response.start", "status": 200, "headers": [*self._headers, *own]})
        await send({"type": "http.response.body", "body": body})


def _usual(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """The Authorization of a request that has nothing unusual; None otherwise."""
    authorization = None
    length = b""
    for name, value in headers:
        if name == b"authorization":
            authorization = value
        elif name == b"content-length":
            length = value
        elif name in _UNUSUAL:
            return None
    return authorization if length.isdigit() and int(length) <= _MOST_BYTES else None


async def _whole(receive: Receive) -> list[Message]:
    """All messages of the body, or those until the client went away."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


async def _stored(services: Services, producer: Producer, messages: list[Message]) -> int | None:
    """Store the events: how many they are, or None when the long way must find out what to say."""
    raw = messages[0]["body"] if len(messages) == 1 else b"".join(message.get("body", b"") for message in messages)
    events = read_sound_events(raw)
    if events is None:
        return None
    try:
        await take_in(services, producer, events)
    except Exception:  # noqa: BLE001 - what is wrong is met, told and logged on the long way
        return None
    _STORED.inc(len(events))
    return len(events)


def _again(messages: list[Message], receive: Receive) -> Receive:
    """What was read already, then what comes."""
    waiting = iter(messages)

    async def receiving() -> Message:
        for message in waiting:
            return message
        return await receive()

    return receiving
