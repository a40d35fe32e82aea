"""The shortest way for events: a post that comes in one piece, under a head that was read before, needs no task.

A gateway's posts begin with the same bytes again and again. How such a head was read by the parser is remembered, byte by
byte; the next post with it is cut in two where it ends, and its body goes straight to the lane. Whether the token is still
good is asked with every post. Whatever is not exactly so goes through the parser, the application, and all that they check.

Posts that come together on one connection are stored together and answered together, in their order. Answers offer that
in `Connection`, which goes no further than to the next hop: a proxy between us, which would hand the posts on one by one,
does not pass the offer on.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from doorwatch.server.ingest.lane import EventLane, read_usual
from doorwatch.server.ingest.pacs import EVENTS_PATH
from doorwatch.server.listening import ImpatientProtocol

MOST_HEADS = 1024
MOST_TOGETHER = 64
"""Posts of one connection that are being stored at the same time; what comes behind them waits."""
_OFFER = b"posts-together"
_MOST_HEAD_BYTES = 2048
_START = f"POST {EVENTS_PATH} HTTP/1.1\r\n".encode()
_URL = EVENTS_PATH.encode()
_END = b"\r\n\r\n"


class Head(NamedTuple):
    """What a head said."""

    authorization: bytes
    length: int


@dataclass(slots=True)
class _Storing:
    """A post that is being stored: its bytes, for the long way if it has to go there, and when it came."""

    data: bytes
    events: int
    started: float
    stored: bool | None = None
    """Whether its events are committed; None as long as nobody knows."""


def event_connections(lane: EventLane) -> Callable[..., ImpatientProtocol]:
    """What makes the protocol of each connection to the server that the lane belongs to."""
    return partial(EventConnection, lane=lane, heads={})


class EventConnection(ImpatientProtocol):
    """A connection on which usual posts of events are answered at once."""

    def __init__(self, *arguments: Any, lane: EventLane, heads: dict[bytes, Head], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._lane = lane
        self._heads = heads
        self._between = True
        """No part of a request was given to the parser that is not complete."""
        self._head = b""
        """The head that the parser is about to read, if it came whole."""
        self._storing: deque[_Storing] = deque()
        self._answering = False
        self._ending = False
        self._held: list[bytes] = []
        self._used_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Serve posts of events in short, or read on as usual."""
        if self._held or (self._storing and not data.startswith(_START)):
            self._hold(data)  # it came before the answer to what is being stored
            return
        start = 0
        if self._between and (self.cycle is None or self.cycle.response_complete):
            start = self._serve_all(data)
        if start == len(data):
            return
        if self._storing:
            self._hold(data[start:])
            return
        super().data_received(data)
        self._head = b""

    def _hold(self, data: bytes) -> None:
        self._held.append(data)
        self.flow.pause_reading()

    def _serve_all(self, data: bytes) -> int:
        """Begin to store the posts that are whole and begin as one that was read before; where they end."""
        start = 0
        while data.startswith(_START, start) and len(self._storing) < MOST_TOGETHER:
            end = data.find(_END, start) + len(_END)
            head = data[start:end]
            known = self._heads.get(head)
            if known is None:
                self._head = head if len(_END) <= end <= _MOST_HEAD_BYTES and not start else b""
                break
            stop = end + known.length
            if stop > len(data) or not self._serve(known.authorization, data[start:stop], end - start):
                break
            start = stop
        return start

    def on_message_begin(self) -> None:
        """A request begins."""
        self._between = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head was read: remember how."""
        head, self._head = self._head, b""
        if head and self.url == _URL and self.parser.get_http_version() == "1.1" and self.parser.should_keep_alive():
            usual = read_usual(self.headers)
            if usual is not None and self._lane.knows(usual[0]):
                if len(self._heads) >= MOST_HEADS:
                    self._heads.clear()
                self._heads[head] = Head(*usual)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._between = True
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there to be answered."""
        self._held.clear()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection as soon as what was asked on it is answered."""
        if self._storing:
            self._ending = True
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that nobody uses; posts in short do not wind the clock up again, so it is asked here."""
        left = self._used_at + self.timeout_keep_alive - self.loop.time()
        if self._storing or left > 0:
            self._keep_alive(max(left, 1.0))
        else:
            super().timeout_keep_alive_handler()

    def _serve(self, authorization: bytes, data: bytes, end: int) -> bool:
        if self.flow.write_paused or self.transport.is_closing():
            return False
        storing = _Storing(data, 0, self._lane.monotonic())
        stored = self._lane.serve(authorization, data[end:], partial(self._committed, storing))
        if stored is None:
            return False
        storing.events = stored
        self._storing.append(storing)
        if self._patience is not None:
            self._stop_waiting()
        return True

    def _committed(self, storing: _Storing, error: BaseException | None) -> None:
        storing.stored = error is None
        if len(self._storing) == 1:
            self._go_on()
        elif not self._answering:
            # what one commit brought is answered in one piece
            self._answering = True
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        """Answer what is stored, in the order in which it came, and take up what waited for it."""
        self._answering = False
        if self.transport.is_closing():
            self._note_unheard()
            return
        ready: list[_Storing] = []
        while self._storing and self._storing[0].stored:
            ready.append(self._storing.popleft())
        if ready:
            self._answer(ready)
        if self._storing:
            if self._storing[0].stored is None or any(one.stored is None for one in self._storing):
                return
            self._long_way()
        if self._ending:
            self.shutdown()
        elif self._held:
            held = b"".join(self._held)
            self._held.clear()
            self.flow.resume_reading()
            self.data_received(held)

    def _long_way(self) -> None:
        """Let the application say why a post was not stored; what came behind it is asked again, and stored once."""
        data = b"".join(one.data for one in self._storing)
        self._storing.clear()
        super().data_received(data)

    def _note_unheard(self) -> None:
        for one in self._storing:
            if one.stored:
                self._lane.note_unheard(one.events)
        self._storing = deque(one for one in self._storing if one.stored is None)

    def _answer(self, ready: list[_Storing]) -> None:
        opening = self._lane.opening(self.server_state.default_headers)
        answers = []
        for one in ready:
            request_id, body = self._lane.answer(one.events)
            last = self._ending and one is ready[-1] and not self._storing
            option = b"close" if last else _OFFER
            answers.append(
                b"%bconnection: %b\r\ncontent-length: %d\r\nx-request-id: %b\r\n\r\n%b"
                % (opening, option, len(body), request_id, body)
            )
        self.transport.write(b"".join(answers))
        for one in ready:
            self._lane.note(one.events, one.started)
        self.server_state.total_requests += len(ready)
        self._used_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._keep_alive(self.timeout_keep_alive)

    def _keep_alive(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
