"""Answers, and what was learned of one server's: most of them begin with bytes that were read before."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

HEADS_KEPT = 64
SHORT_BODY = 64
"""Bytes of a body, up to which an answer is remembered as a whole."""
DISTRUST_SECONDS = 60.0
"""How long requests go one by one again, after a connection broke on which several were waiting."""

END = b"\r\n\r\n"
_ID = b"\r\nx-request-id: "
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,12})\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


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

    Its answers to one kind of request differ in the date at most, for as long as it is that second, and in the id that
    the server gave the request, which is left out here.
    """

    def __init__(self) -> None:
        self.heads: dict[bytes, KnownHead] = {}
        self.answers: dict[tuple[int, bytes], Answer] = {}
        self._together = False
        self._distrusted_until = float("-inf")

    def find(self, data: bytes, start: int, most: int) -> tuple[Answer, int] | None:
        """The answer that begins at `start`, if it is whole and its head is known, and where it ends."""
        end = data.find(END, start)
        if end < 0:
            return None
        head = self.heads.get(_without_id(data, start, end))
        if head is None:
            return None
        begin, stop = end + len(END), end + len(END) + head.length
        if stop > len(data) or head.length > most:
            return None
        body = data[begin:stop]
        if head.length > SHORT_BODY:
            return Answer(head.status, body, head.headers), stop
        key = head.status, body
        answer = self.answers.get(key)
        if answer is None or answer.headers is not head.headers:
            if len(self.answers) >= HEADS_KEPT:
                self.answers.clear()
            answer = self.answers[key] = Answer(head.status, body, head.headers)
        return answer, stop

    def learn(self, data: bytes, status: int, headers: Mapping[str, str]) -> None:
        """Keep the head of an answer that is all of `data` and leaves the connection as it was."""
        end, length = data.find(END), headers.get("content-length", "")
        if "transfer-encoding" in headers or not length.isdecimal() or len(data) != end + len(END) + int(length):
            return
        if len(self.heads) >= HEADS_KEPT:
            self.heads.clear()
        plain = {name: value for name, value in headers.items() if name != "x-request-id"}
        self.heads[_without_id(data, 0, end)] = KnownHead(status, plain, int(length))

    # -- several requests before the first answer -----------------------------------------------------------------

    def offered(self, options: str) -> None:
        """Note what an answer's `Connection` says. It goes no further than to the next hop, so it is that hop's word."""
        self._together = TOGETHER in options.lower()

    def broke(self, now: float) -> None:
        """A connection ended on which several requests were waiting."""
        self._together = False
        self._distrusted_until = now + DISTRUST_SECONDS

    def takes_several(self, now: float) -> bool:
        """Whether the server said that it serves requests of one connection at the same time. `now`: steady seconds."""
        return self._together and now >= self._distrusted_until


TOGETHER = "posts-together"
"""The option of `Connection` by which a server says so."""


def whole_answer(data: bytes, start: int) -> int | None:
    """Where the answer ends that begins at `start`, as far as its head tells a length and all of it is there."""
    end = data.find(END, start)
    head = data[start : end + 2] if end >= 0 else b""
    found = _LENGTH.search(head)
    if found is None or _CHUNKED.search(head):
        return None
    stop = end + len(END) + int(found[1])
    return stop if stop <= len(data) else None


def _without_id(data: bytes, start: int, end: int) -> bytes:
    mark = data.find(_ID, start, end)
    if mark < 0:
        return data[start:end]
    stop = data.find(b"\r\n", mark + 2, end)
    return data[start:mark] + (data[stop:end] if stop >= 0 else b"")
