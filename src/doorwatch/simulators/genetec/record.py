"""The simulator's own record of what it raised: the truth that tests compare with, and what reports are made from."""

from bisect import bisect_left, bisect_right
from typing import Any

import msgspec

from doorwatch.domain.time import Micros, to_iso


class RaisedEvent(msgspec.Struct, frozen=True, gc=False):
    """One access event as it happened, whether or not anybody was told of it.

    `at` is the time it carries; `raised_at` when the system learnt of it, both in microseconds UTC.
    """

    sequence: int
    event_type: str
    door: str
    at: Micros
    raised_at: Micros
    reader: str | None = None
    side: str | None = None
    cardholder: str | None = None
    credential: str | None = None
    message: str | None = None
    reported: bool = True

    def as_json(self) -> dict[str, Any]:
        """The event for the control interface."""
        return {
            "sequence": self.sequence,
            "event_type": self.event_type,
            "door": self.door,
            "timestamp": to_iso(self.at),
            "raised_at": to_iso(self.raised_at),
            "reader": self.reader,
            "side": self.side,
            "cardholder": self.cardholder,
            "reported": self.reported,
        }


class Record:
    """All raised events, by number and by time."""

    def __init__(self) -> None:
        self._events: list[RaisedEvent] = []
        self._times: list[Micros] = []
        self._by_time: list[RaisedEvent] = []

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: RaisedEvent) -> None:
        """Keep an event; its sequence must be `len(record) + 1`."""
        self._events.append(event)
        if not self._times or event.at >= self._times[-1]:
            self._times.append(event.at)
            self._by_time.append(event)
            return
        index = bisect_right(self._times, event.at)
        self._times.insert(index, event.at)
        self._by_time.insert(index, event)

    def after(self, sequence: int, limit: int | None = None) -> list[RaisedEvent]:
        """Events with a higher number, in the order in which they were raised."""
        end = None if limit is None else sequence + limit
        return self._events[sequence:end]

    def between(self, start: Micros, end: Micros) -> list[RaisedEvent]:
        """Events whose time lies in the closed interval, in time order."""
        return self._by_time[bisect_left(self._times, start) : bisect_right(self._times, end)]
