"""The shortest way for events: a post that comes in one piece, under a head that was read before, needs no task.

A gateway's posts begin with the same bytes again and again. How such a head was read by the parser is remembered, byte by
byte; the next post with it is cut in two where it ends, and its body goes straight to the lane. Whether the token is still
good is asked with every post. Whatever is not exactly so goes through the parser, the application, and all that they check.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from doorwatch.server.ingest.lane import EventLane, read_usual
from doorwatch.server.ingest.pacs import EVENTS_PATH
from doorwatch.server.listening import ImpatientProtocol

MOST_HEADS = 1024
_MOST_HEAD_BYTES = 2048
_START = f"POST {EVENTS_PATH} HTTP/1.1\r\n".encode()
_URL = EVENTS_PATH.encode()
_END = b"\r\n\r\n"


class Head(NamedTuple):
    """What a head said."""

    authorization: bytes
    length: int


class _Storing(NamedTuple):
    """The post that is being stored: its bytes, for the long way if it has to go there, and when it came."""

    data: bytes
    events: int
    started: float


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
        self._storing: _Storing | None = None
        self._ending = False
        self._held: list[bytes] = []
        self._used_at = 0.0

    def data_received(self, data: bytes) -> None:
        """Serve a post of events in short, or read on as usual."""
        if self._storing is not None:
            self._held.append(data)  # the next request came before the answer to this one
            self.flow.pause_reading()
            return
        if self._between and data.startswith(_START) and (self.cycle is None or self.cycle.response_complete):
            end = data.find(_END) + len(_END)
            head = data[:end]
            known = self._heads.get(head)
            if known is None:
                self._head = head if len(_END) <= end <= _MOST_HEAD_BYTES else b""
            elif len(data) == end + known.length and self._serve(known.authorization, data, end):
                return
        super().data_received(data)
        self._head = b""

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
        if self._storing is not None:
            self._ending = True
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that nobody uses; posts in short do not wind the clock up again, so it is asked here."""
        left = self._used_at + self.timeout_keep_alive - self.loop.time()
        if self._storing is not None or left > 0:
            self._keep_alive(max(left, 1.0))
        else:
            super().timeout_keep_alive_handler()

    def _serve(self, authorization: bytes, data: bytes, end: int) -> bool:
        if self.flow.write_paused or self.transport.is_closing():
            return False
        started = self._lane.monotonic()
        stored = self._lane.serve(authorization, data[end:], self._committed)
        if stored is None:
            return False
        self._storing = _Storing(data, stored, started)
        if self._patience is not None:
            self._stop_waiting()
        return True

    def _committed(self, error: BaseException | None) -> None:
        storing, self._storing = self._storing, None
        if storing is None:
            return
        if self.transport.is_closing():
            if error is None:
                self._lane.note_unheard(storing.events)
            return
        if error is None:
            self._answer(storing.events)
            self._lane.note(storing.events, storing.started)
        else:
            super().data_received(storing.data)
        if self._ending:
            self.shutdown()
        elif self._held:
            held = b"".join(self._held)
            self._held.clear()
            self.flow.resume_reading()
            self.data_received(held)

    def _answer(self, stored: int) -> None:
        request_id, body = self._lane.answer(stored)
        own = len(body), request_id, b"connection: close\r\n" if self._ending else b"", body
        opening = self._lane.opening(self.server_state.default_headers)
        self.transport.write(opening + b"content-length: %d\r\nx-request-id: %b\r\n%b\r\n%b" % own)
        self.server_state.total_requests += 1
        self._used_at = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._keep_alive(self.timeout_keep_alive)

    def _keep_alive(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
