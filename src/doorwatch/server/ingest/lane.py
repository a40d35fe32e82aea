"""The short way for events: a post in which nothing is unusual is answered without routes, wrappers and middlewares.

Thousands of posts a second bring one event each, and the way through the framework costs more than to store them. This
lane stands in front of it and serves a post only if its token is remembered as good, its body is plain and of a stated
length, and every event in it is sound. Everything else, each refusal and each error included, goes the long way with
the body that was read, so that there is one place that words them. Both ways read, count, limit and store alike.

`connection` leads posts that arrive in one piece here without a task of their own.
"""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorwatch.server.auth import Producers
from doorwatch.server.ingest.gathering import Done
from doorwatch.server.ingest.pacs import EVENTS_PATH
from doorwatch.server.ingest.pacs_wire import read_sound_events
from doorwatch.server.metrics import STORED
from doorwatch.server.middleware.body import limit_of
from doorwatch.server.middleware.headers import raw_headers
from doorwatch.server.middleware.log import new_request_id, note_requests
from doorwatch.server.services import Services
from doorwatch.store.engine.errors import StoreBusyError

Headers = list[tuple[bytes, bytes]]

_UNUSUAL = frozenset({b"content-encoding", b"transfer-encoding", b"x-request-id", b"expect"})
_STORED = STORED.labels("access_event")
_MOST_BYTES = limit_of(EVENTS_PATH)


class EventLane:
    """Serves usual posts of events itself, and hands everything else on."""

    def __init__(self, app: ASGIApp, *, monotonic: Callable[[], float], secure: bool) -> None:
        self._app = app
        self._services: Services | None = None
        self.monotonic = monotonic
        self._producers = Producers()
        self._default: Headers | None = None
        self._opening = b""
        self._headers: Headers = [(b"content-type", b"application/json"), *raw_headers(secure=secure, private=True)]
        self._stored = 0
        self._waits: list[float] = []

    def open(self, services: Services) -> None:
        """From now on there is something to store events with."""
        self._services = services

    def close(self) -> None:
        """From now on everything goes the long way."""
        self._services = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "http" and scope["path"] == EVENTS_PATH and scope["method"] == "POST":
            started = self.monotonic()
            usual = read_usual(scope["headers"])
            if usual is not None and self.knows(usual[0]):
                messages = await _whole(receive)
                if messages[-1]["type"] != "http.request":
                    return  # the client went away: there is nobody to answer
                stored = await self._store(usual[0], messages)
                if stored is not None:
                    await self._answer(send, stored)
                    self.note(stored, started)
                    return
                receive = _again(messages, receive)
        await self._app(scope, receive, send)

    def knows(self, authorization: bytes) -> bool:
        """Whether this Authorization is that of a producer whose token was good a moment ago."""
        services = self._services
        return services is not None and self._producers.remembered(services.accounts, authorization) is not None

    def serve(self, authorization: bytes, raw: bytes, done: Done) -> int | None:
        """Begin to store the events of a body; how many they are, or None when the long way must find out what to say.

        `done` is told later that they are committed, or with the error that they could not be stored: then the long way
        must say why.
        """
        services = self._services
        if services is None:
            return None
        producer = self._producers.remembered(services.accounts, authorization)
        events = None if producer is None else read_sound_events(raw)
        if producer is None or events is None or services.allowances.take(producer.token_id, len(events)):
            return None
        try:
            services.gathering.put((producer.account, producer.pacs), events, done)
        except StoreBusyError:
            return None
        return len(events)

    def opening(self, default: Headers) -> bytes:
        """How each answer begins on the wire, with the headers of all answers; the list is another every second."""
        if default is not self._default:
            lines = [b"%b: %b\r\n" % header for header in (*default, *self._headers)]
            self._default, self._opening = default, b"HTTP/1.1 200 OK\r\n" + b"".join(lines)
        return self._opening

    def answer(self, stored: int) -> tuple[bytes, bytes]:
        """The request's id and the body of the answer to a post that was stored."""
        return new_request_id().encode(), b'{"stored":%d}' % stored

    def note(self, stored: int, started: float) -> None:
        """Count and log a post that was answered, and began at a time of `monotonic`.

        What one commit answers is counted together, before anything else is read.
        """
        if not self._waits:
            asyncio.get_running_loop().call_soon(self._count)
        self._stored += stored
        self._waits.append(self.monotonic() - started)

    def note_unheard(self, stored: int) -> None:
        """Count a post whose events are stored, though nobody was there any more to be answered."""
        _STORED.inc(stored)

    def _count(self) -> None:
        stored, self._stored = self._stored, 0
        waits, self._waits = self._waits, []
        _STORED.inc(stored)
        note_requests("POST", EVENTS_PATH, 200, waits)

    async def _store(self, authorization: bytes, messages: list[Message]) -> int | None:
        raw = messages[0]["body"] if len(messages) == 1 else b"".join(message.get("body", b"") for message in messages)
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def done(error: BaseException | None) -> None:
            if not told.done():
                told.set_result(error is None)

        stored = self.serve(authorization, raw, done)
        return stored if stored is not None and await told else None

    async def _answer(self, send: Send, stored: int) -> None:
        request_id, body = self.answer(stored)
        own = [(b"content-length", b"%d" % len(body)), (b"x-request-id", request_id)]
        await send({"type": "http.response.start", "status": 200, "headers": [*self._headers, *own]})
        await send({"type": "http.response.body", "body": body})


def read_usual(headers: Headers) -> tuple[bytes, int] | None:
    """The Authorization and the body's length of a request that has nothing unusual; None otherwise."""
    authorization = None
    length = b""
    for name, value in headers:
        if name == b"authorization":
            if authorization is not None:
                return None
            authorization = value
        elif name == b"content-length":
            length = value
        elif name in _UNUSUAL:
            return None
    if authorization is None or not length.isdigit() or int(length) > _MOST_BYTES:
        return None
    return authorization, int(length)


async def _whole(receive: Receive) -> list[Message]:
    """All messages of the body, or those until the client went away."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """What was read already, then what comes."""
    waiting = iter(messages)

    async def receiving() -> Message:
        for message in waiting:
            return message
        return await receive()

    return receiving
