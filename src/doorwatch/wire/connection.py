"""One connection and the exchange that is going on upon it. No pool, no addresses, no TLS: bytes in, bytes out."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import httptools

from doorwatch.wire.errors import ClosedEarlyError, NoAnswerError, NotHttpError, TooLargeError, WireError

LONGEST_HEAD = 64 << 10
"""Bytes that are no body: the head, and what stands between two pieces of a body."""
HIGH_WATER = 256 << 10
HEADS_KEPT = 64


SHORT_BODY = 64
"""Bytes of a body, up to which an answer is remembered as a whole."""


@dataclass(slots=True)
class Answer:
    """A whole answer; header names in lower case. Nobody changes it, as it may be that of other requests too."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class KnownHead(NamedTuple):
    """What a head that was read before says: it is followed by `length` bytes, and the connection stays."""

    status: int
    headers: Mapping[str, str]
    length: int


class Known:
    """What one server answered lately, by its bytes.

    Its answers to one kind of request differ in the date at most, for as long as it is that second.
    """

    def __init__(self) -> None:
        self.heads: dict[bytes, KnownHead] = {}
        self.answers: dict[bytes, Answer] = {}

    def learn_head(self, data: bytes, head: KnownHead) -> None:
        """Keep what a head says."""
        if len(self.heads) >= HEADS_KEPT:
            self.heads.clear()
        self.heads[data] = head

    def learn_answer(self, data: bytes, answer: Answer) -> None:
        """Keep a short answer as a whole."""
        if len(self.answers) >= HEADS_KEPT:
            self.answers.clear()
        self.answers[data] = answer


class Connection(asyncio.Protocol):
    """One exchange after the other. An exchange that fails, for whatever reason, ends the connection."""

    __slots__ = (
        "_answer",
        "_between",
        "_chunk",
        "_complete",
        "_error",
        "_framed",
        "_headed",
        "_heard",
        "_keep",
        "_known",
        "_lines",
        "_loop",
        "_most",
        "_parser",
        "_parts",
        "_paused",
        "_size",
        "_streaming",
        "_told",
        "_transport",
        "_untouched",
        "_waiter",
        "_where",
        "deadline",
        "headers",
        "home",
        "idle_since",
        "status",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        where: str,
        known: Known | None = None,
        home: "deque[Connection] | None" = None,
    ) -> None:
        self._loop = loop
        self._where = where
        self._known = Known() if known is None else known
        self.home: deque[Connection] = deque() if home is None else home
        """Where it stands while nobody uses it."""
        self._answer: Answer | None = None  # one that was known
        self._untouched = False  # the last answer was a known one, which leaves all else as it was
        self._chunk: bytes | None = None  # all of an answer, if it came at once
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._told: Callable[[WireError | None], None] | None = None
        self._error: WireError | None = None
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._lines: dict[str, str] = {}  # the same, while it is read
        self.idle_since = 0.0
        self.deadline = 0.0
        self._begin(0, streaming=False)
        self._complete = True

    # -- asking ---------------------------------------------------------------------------------------------------

    async def ask(self, request: bytes, *, timeout: float, most: int, streaming: bool = False) -> None:  # noqa: ASYNC109 - a timer of the loop costs a third of a context
        """Send a request; returns when its whole answer is there, or (`streaming`) its head. `timeout` is in seconds.

        Afterwards `answer` gives it, or (`streaming`) `status`, `headers` and `take`. Raises WireError.
        """
        if self._error is not None:
            raise self._error
        assert self._transport is not None  # noqa: S101 - given by the loop before anybody asks
        self._begin(most, streaming=streaming)
        waiter = self._waiter = self._loop.create_future()
        timer = self._loop.call_later(timeout, self._expire, timeout)
        try:
            self._transport.write(request)
            await waiter
        except asyncio.CancelledError:
            self.abort()
            raise
        finally:
            timer.cancel()
            self._waiter = None

    def ask_soon(self, request: bytes, *, most: int, told: Callable[[WireError | None], None]) -> None:
        """As `ask`, without a task: `told` is called when the answer is there, or with what went wrong.

        Nobody may ask again before that call has returned. `expire` ends what takes too long.
        """
        assert self._transport is not None  # noqa: S101 - it is reusable
        if self._untouched and most == self._most:
            self._complete = self._keep = self._untouched = False
        else:
            self._begin(most, streaming=False)
        self._told = told
        self._transport.write(request)

    def expire(self, timeout: float) -> None:
        """The answer takes too long: it took `timeout` seconds."""
        self._expire(timeout)

    def _begin(self, most: int, *, streaming: bool) -> None:
        self._untouched = False
        self._answer = None
        self._most = most
        self._streaming = streaming
        self._parts: list[bytes] = []
        self._size = 0
        self._between = 0
        self._framed = self._headed = self._heard = self._complete = self._keep = self._paused = False

    async def more(self) -> None:
        """Wait until `take` gives something or the body has ended. Raises WireError when it ended too early."""
        if not self._parts and not self._complete and self._error is None:
            waiter = self._waiter = self._loop.create_future()
            try:
                await waiter
            finally:
                self._waiter = None
        if not self._parts and not self._complete and self._error is not None:
            raise self._error

    def take(self) -> bytes:
        """The body's bytes that are there, all at once."""
        parts, self._parts, self._size = self._parts, [], 0
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def answer(self) -> Answer:
        """The whole answer, once it is there; each is given once."""
        answer, self._answer = self._answer, None
        return Answer(self.status, self.take(), self.headers) if answer is None else answer

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent."""
        transport = self._transport
        return (
            self._keep
            and self._complete
            and self._error is None
            and transport is not None
            and not transport.is_closing()
            and not transport.get_write_buffer_size()
        )

    @property
    def standing(self) -> bool:
        """Whether a connection that was put aside as `reusable` still is."""
        return self._error is None and self._transport is not None and not self._transport.is_closing()

    def info(self, name: str) -> Any:
        """What the transport knows of itself, such as its `socket`."""
        return self._transport.get_extra_info(name) if self._transport is not None else None

    def close(self) -> None:
        """Say good-bye and end it."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- what the loop says ---------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        # a stream's, as create_connection gives; not every loop's transports are of asyncio's own class
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._complete:
            # nothing was asked: what comes now belongs to no answer
            self._fail(NotHttpError(f"{self._where} sends what nobody asked for"))
            return
        if self._heard or self._streaming:
            self._chunk = None
        elif self._is_known(data):
            return
        else:
            self._chunk = data
        self._heard = True
        self._between += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(NotHttpError(f"what {self._where} answers is no HTTP ({error})"))
            return
        if self._between > LONGEST_HEAD and not self._complete:
            self._fail(TooLargeError(f"the head of an answer of {self._where} is longer than {LONGEST_HEAD} bytes"))

    def _is_known(self, data: bytes) -> bool:
        """Take a whole answer that begins as one that was read before, and need not be parsed; whether it was one."""
        answer = self._known.answers.get(data)
        if answer is None or len(answer.body) > self._most:
            end = data.find(b"\r\n\r\n")
            known = self._known.heads.get(data[:end])
            if known is None or len(data) != end + 4 + known.length or known.length > self._most:
                return False
            answer = Answer(known.status, data[end + 4 :], known.headers)
            if known.length <= SHORT_BODY:
                self._known.learn_answer(data, answer)
        self._answer = answer
        self._untouched = self._keep = self._complete = True
        self._wake()
        return True

    def _learn(self, data: bytes) -> None:
        """Keep the head of an answer that came at once, whole, and leaves the connection as it was."""
        end, length = data.find(b"\r\n\r\n"), self.headers.get("content-length", "")
        if not self._keep or "transfer-encoding" in self.headers or not length.isdecimal():
            return
        if len(data) == end + 4 + int(length):
            self._known.learn_head(data[:end], KnownHead(self.status, self.headers, int(length)))

    def eof_received(self) -> None:
        """The other side has nothing more to say: the end of a body that told no length, or one too early."""
        if self._headed and not self._framed and not self._complete:
            self.on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        why = f" ({exc})" if exc is not None and str(exc) else ""
        told = "in the middle of an answer" if self._heard else "without an answer"
        self._fail(ClosedEarlyError(f"{self._where} closed the connection {told}{why}", silent=not self._heard))
        self._transport = self._parser = None  # which refer back here

    def _expire(self, timeout: float) -> None:
        self._fail(NoAnswerError(f"{self._where} did not answer within {timeout:g} s"))

    def _fail(self, error: WireError) -> None:
        if self._error is None:
            self._error = error
            self.abort()
        if self._told is not None:
            told, self._told = self._told, None
            told(self._error)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._error)

    def _wake(self) -> None:
        if self._told is not None:
            told, self._told = self._told, None
            told(None)
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # -- what the parser says -------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A head begins: the answer, or the one after an interim one."""
        if self._complete:
            self._fail(NotHttpError(f"{self._where} answers more than it was asked"))
            return
        self.headers = self._lines = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of a head, or of what follows the last chunk, which nobody needs."""
        if self._headed:
            return
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        self._lines[key] = f"{self._lines[key]}, {text}" if key in self._lines else text

    def on_headers_complete(self) -> None:
        """The head is there."""
        self.status = self._parser.get_status_code()
        if self.status < 200:
            return
        headers = self.headers
        self._headed = True
        self._framed = "content-length" in headers or "transfer-encoding" in headers or self.status in {204, 304}
        self._keep = self._framed and bool(self._parser.should_keep_alive())
        if self._streaming:
            self._wake()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._between = 0
        if self._complete:
            return
        self._parts.append(body)
        self._size += len(body)
        if self._streaming:
            if self._size > HIGH_WATER and not self._paused:
                self._pause()
            self._wake()
        elif self._size > self._most:
            self._fail(TooLargeError(f"an answer of {self._where} is longer than {self._most} bytes"))

    def _pause(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The answer is whole; an interim one is not what was waited for."""
        if self._headed:
            self._complete = True
            if self._chunk is not None:
                self._learn(self._chunk)
                self._chunk = None
            self._wake()
