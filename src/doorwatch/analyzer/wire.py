"""Messages between the analyzer's processes: a JSON header and a payload, each behind its length.

The inner form (four bytes of header length, header, payload) is the one that the server and the browser read, so that
live video passes through the parent untouched.
"""

import asyncio
import socket
import threading
from dataclasses import dataclass
from typing import Any

import msgspec

_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its header, and the payload that belongs to it."""

    header: dict[str, Any]
    payload: bytes = b""

    @property
    def kind(self) -> str:
        """What the message is about."""
        return str(self.header.get("kind", ""))


def pack(header: dict[str, Any], payload: bytes = b"") -> bytes:
    """The inner form of a message."""
    head = msgspec.json.encode(header)
    return len(head).to_bytes(4, "big") + head + payload


def unpack(data: bytes) -> Message:
    """The message in an inner form."""
    size = int.from_bytes(data[:4], "big")
    return Message(msgspec.json.decode(data[4 : 4 + size]), data[4 + size :])


def framed(inner: bytes) -> bytes:
    """An inner form with its length in front, as it goes through a socket."""
    return len(inner).to_bytes(4, "big") + inner


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """The next message from a child; None when it is gone."""
    try:
        size = int.from_bytes(await reader.readexactly(4), "big")
        if size > _LARGEST:
            return None
        return unpack(await reader.readexactly(size))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


class Link:
    """A child's end of the line to its parent; sending is safe from several threads."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._file = line.makefile("rb")
        self._lock = threading.Lock()

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Send a message, waiting while the line is full. Raises OSError when the parent is gone."""
        data = framed(pack(header, payload))
        with self._lock:
            self._line.sendall(data)

    def receive(self) -> Message | None:
        """The parent's next message; None when it is gone."""
        try:
            size = int.from_bytes(self._file.read(4), "big")
            data = self._file.read(size)
        except OSError:
            return None
        return unpack(data) if size and len(data) == size else None
