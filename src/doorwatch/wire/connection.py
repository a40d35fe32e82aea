"""One connection and the exchange that is going on upon it. No pool, no addresses, no TLS: bytes in, bytes out."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import httptools

from doorwatch.wire.errors import ClosedEarlyError, NoAnswerError, NotHttpError, TooLargeError, WireError
from doorwatch.wire.known import Answer, Known, whole_answer

Told = Callable[[WireError | None], None]
"""Told once that an answer is there, or what went wrong."""

LONGEST_HEAD = 64 << 10
"""Bytes that are no body: the head, and what stands between two pieces of a body."""
HIGH_WATER = 256 << 10


class Connection(asyncio.Protocol):
    """One exchange after the other. An exchange that fails, for whatever reason, ends the connection.

    Where the server offers it, several requests go out together; their answers come in the same order.
    """

    __slots__ = (
        "_answer",
        "_between",
        "_chunk",
        "_complete",
        "_error",
        "_framed",
        "_further",
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
        "_surplus",
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
        self._told: Told | None = None
        self._further: deque[Told] = deque()  # whose answers come behind the one that is awaited
        self._error: WireError | None = None
        self._surplus = False  # more came than was asked for
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

    def ask_soon(self, request: bytes, *, most: int, told: Sequence[Told]) -> None:
        """As `ask`, without a task: `told` is called when the answer is there, or with what went wrong.

        A `request` may be several, one behind the other: then each of `told` is called, in their order. Nobody may ask
        again before the last of these calls has returned. `expire` ends what takes too long.
        """
        assert self._transport is not None  # noqa: S101 - it is reusable
        self._again(most)
        self._told = told[0]
        if len(told) > 1:
            self._further.extend(told[1:])
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
    def waited_for(self) -> bool:
        """Whether further answers are to come."""
        return bool(self._further)

    @property
    def takes_several(self) -> bool:
        """Whether the server serves several requests of one connection at the same time."""
        return self._known.takes_several(self._loop.time())

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent."""
        transport = self._transport
        return (
            self._keep
            and self._complete
            and not self._further
            and not self._surplus
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
        start = 0
        while start < len(data) and not self._heard and not self._streaming and not self._complete:
            # whole answers are taken one by one, and those that begin as one that was read before are not parsed
            found = self._known.find(data, start, self._most)
            stop = whole_answer(data, start) if found is None else found[1]
            if stop is None:
                break
            begin, start = start, stop
            self._surplus = stop < len(data) and not self._further
            if found is not None:
                self._answer = found[0]
                self._untouched = self._keep = self._complete = True
                self._wake()
            else:
                self._chunk = data[begin:stop] if begin or stop < len(data) else data
                self._parse(self._chunk)
        if start < len(data) and self._error is None:
            self._go_on(data[start:] if start else data)

    def _go_on(self, data: bytes) -> None:
        if self._complete:
            # nothing was asked: what comes now belongs to no answer
            self._fail(NotHttpError(f"{self._where} sends what nobody asked for"))
            return
        self._chunk = None
        self._parse(data)
        # the parser may have begun to read a further answer
        self._heard = True

    def _parse(self, data: bytes) -> None:
        self._heard = True
        self._between += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(NotHttpError(f"what {self._where} answers is no HTTP ({error})"))
            return
        if self._between > LONGEST_HEAD and not self._complete:
            self._fail(TooLargeError(f"the head of an answer of {self._where} is longer than {LONGEST_HEAD} bytes"))

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
        told, self._told = self._told, None
        further = list(self._further)
        self._further.clear()
        if further:
            self._known.broke(self._loop.time())
        if told is not None:
            told(self._error)
        # of these nothing was heard: each may go once more over another connection
        unheard = ClosedEarlyError(f"{self._where} closed the connection without an answer", silent=True)
        for one in further:
            one(unheard)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._error)

    def _wake(self) -> None:
        if self._told is None:
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(None)
            return
        told, self._told = self._told, None
        if not self._further:
            told(None)  # and whoever is told may ask again at once
            return
        told(None)
        if not self._keep:
            self._fail(ClosedEarlyError(f"{self._where} closed the connection without an answer", silent=True))
        elif self._error is None:
            self._again(self._most)
            self._told = self._further.popleft()

    def _again(self, most: int) -> None:
        """Begin to wait for another answer; little is to be done where the last one was known and left all as it was."""
        if self._untouched and most == self._most:
            self._complete = self._keep = self._untouched = False
        else:
            self._begin(most, streaming=False)

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
        if "connection" in headers:
            self._known.offered(headers["connection"])
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
                if self._keep:
                    self._known.learn(self._chunk, self.status, self.headers)
                self._chunk = None
            self._wake()
