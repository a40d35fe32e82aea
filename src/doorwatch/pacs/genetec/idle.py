"""When a silent stream is dead: the application's keep-alives, and those of TCP."""

import socket as sockets
import struct
from collections import deque
from typing import Any

FIRST, LEAST, TIMES = 60.0, 15.0, 3.0
SHORTEST = 1.0
"""Seconds: two that come at once, as at the begin of a stream, tell nothing of how often they come."""
_SINCE_DATA, _SINCE_ANSWER = 52, 56
PROBE_SECONDS = 5


class IdleLimit:
    """How many seconds of silence end a stream: three of its own keep-alive intervals, as far as they were seen."""

    def __init__(self, fixed: float | None = None) -> None:
        self._fixed = fixed
        self._last: float | None = None
        self._intervals: deque[float] = deque(maxlen=8)

    def keep_alive(self, now: float) -> None:
        """One came."""
        if self._last is not None and now - self._last >= SHORTEST:
            self._intervals.append(now - self._last)
        self._last = now

    def restart(self) -> None:
        """A new stream began: the pause before it says nothing."""
        self._last = None

    @property
    def seconds(self) -> float:
        """The limit."""
        if self._fixed is not None:
            return self._fixed
        return max(LEAST, TIMES * max(self._intervals)) if self._intervals else FIRST


def keep_alive_by_tcp(socket: Any) -> None:
    """Let the kernel ask the other machine every few seconds whether the connection still stands."""
    if socket is None:
        return
    socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", PROBE_SECONDS), ("TCP_KEEPINTVL", PROBE_SECONDS), ("TCP_KEEPCNT", 3)):
        if hasattr(sockets, name):
            socket.setsockopt(sockets.IPPROTO_TCP, getattr(sockets, name), value)


def seconds_since_heard(socket: Any) -> float:
    """Since the other machine sent data or answered a probe; infinite where the kernel does not tell."""
    if socket is None or not hasattr(sockets, "TCP_INFO"):
        return float("inf")
    try:
        info = socket.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_INFO, 104)
    except OSError:
        return float("inf")
    if len(info) < _SINCE_ANSWER + 4:
        return float("inf")
    data, answer = struct.unpack_from("@II", info, _SINCE_DATA)
    return float(min(data, answer)) / 1000
