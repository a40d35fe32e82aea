"""Takes what a driver heard into the spool: identity first, then disk, and nothing else before that."""

import asyncio
from collections.abc import Sequence
from hashlib import blake2b
from itertools import islice
from typing import TypeAlias

from doorwatch.domain.access import Direction
from doorwatch.domain.time import MILLISECOND, Micros
from doorwatch.gateway.identity import (
    COARSEST,
    begun_id,
    encoded,
    event_id,
    first_seen,
    group_key,
    match,
    millis_of,
    prefix,
)
from doorwatch.gateway.telling import Where, body, time_text, where, who
from doorwatch.gateway.writers import Writers
from doorwatch.pacs.driver import PacsEvent
from doorwatch.spool import Ledger, Spool

QUEUE = "webhooks"
NOTE = "writers"
EXACT = 3
"""Decimals with which copies of one occurrence lie in one millisecond, or beside it."""
BESIDE = 5
"""Milliseconds that rounding may add to that."""
STREAM, REPORT = 0, 1
AT_ONCE = 2048
WARM = 8192
"""For so many doors and types what all their events say alike is kept ready; it takes more memory than all else of a trail."""
ROOM_WAIT = 0.05
"""Seconds for which a server that takes events is waited for, when memory is full of them, before more go to the backlog."""


Copy: TypeAlias = tuple[str, str, int, str | None]
"""What the copies of an event that one source tells have in common."""

_UNTOLD = Where(b"", 0)


class Trail:
    """What was told of one door and one type, as milliseconds.

    `latest` is the newest under which anything is kept, `heard` has the newest of stream and report. `begun` is the part
    that the ids of all its events have in common, `place` what was said last of where it was; both only while it is warm.
    """

    __slots__ = ("begun", "group", "heard", "latest", "place", "point", "side", "source")

    def __init__(self, group: bytes, last: int) -> None:
        self.group = group
        self.latest = last
        self.cool()
        # what it was joined by before this start, and from which source, is not known any more
        self.heard = [last + COARSEST + BESIDE if last else 0] * 2

    def cool(self) -> None:
        """Forget what can be made again."""
        self.begun: blake2b | None = None
        self.place = _UNTOLD
        self.side: Direction | None = None
        self.point: str | None = None
        self.source = ""

    def at(self, event: PacsEvent) -> None:
        """Keep what is said of where an event was for the next one."""
        self.source, self.side, self.point = event.source, event.side, event.access_point_id
        self.place = where(event.door, event.event_type, self.source, self.side, self.point)


class Collector:
    """Where events from the stream and from the report meet. `take` may be called from several tasks."""

    def __init__(self, spool: Spool, pacs_id: str, writers: Writers | None = None) -> None:
        self._spool = spool
        self._ledger: Ledger = spool.ledger
        self._pacs = pacs_id
        self._writers = writers or Writers()
        self._decimals = self._writers.decimals
        self._exact = bool(self._decimals) and min(self._decimals.values()) >= EXACT
        self._turn = asyncio.Lock()
        self._open: dict[Copy, int] = {}  # items that are kept back until their cardholder has a name
        self._trails: dict[tuple[str, str], Trail] = {}  # by door and type
        self._warm: list[Trail] = []
        self.received = 0
        self.repeated = 0
        self.updated = 0
        self.last_event_at: Micros | None = None

    async def take(self, events: Sequence[PacsEvent]) -> None:
        """Put what is new into the spool; returns when all of it is fsynced.

        Raises SpoolFullError, after which events of the batch may be missing: the caller counts that as a break.
        """
        for start in range(0, len(events), AT_ONCE):
            await self._spool.wait_for_room(QUEUE, ROOM_WAIT)
            async with self._turn:
                done = await self._take(events[start : start + AT_ONCE])
            if done is not None:
                await asyncio.shield(done)

    async def _take(self, events: Sequence[PacsEvent]) -> "asyncio.Future[None] | None":
        if not events:
            return None
        self._learn_writers(events)
        trails = await self._follow(events)
        done: asyncio.Future[None] | None = None
        start = 0
        while start < len(events):
            end, put = self._put_new(events, trails, start)
            if put is not None:
                done, start = put, end
                continue
            end = start + 1
            while end < len(events) and not self._is_new(events[end], trails[end]):
                end += 1
            done = await self._compare(events[start:end], trails[start:end]) or done
            start = end
        self.received += len(events)
        self.last_event_at = max(self.last_event_at or 0, *[event.at for event in events])
        return done

    # -- those of which no copy can have been seen -----------------------------------------------------------------

    @property
    def _reach(self) -> int:
        """How many milliseconds copies of one occurrence may lie apart at most."""
        return 1 if self._exact else COARSEST + BESIDE

    def _is_new(self, event: PacsEvent, trail: Trail) -> bool:
        mine, other = (REPORT, STREAM) if event.source == "report" else (STREAM, REPORT)
        millis = event.at // MILLISECOND
        return not event.name_follows and millis > trail.heard[mine] and millis > trail.heard[other] + self._reach

    def _put_new(
        self, events: Sequence[PacsEvent], trails: Sequence[Trail], start: int
    ) -> "tuple[int, asyncio.Future[None] | None]":
        """Put those from `start` on that come after all that was seen of their door and type; up to which it did.

        Two times of one source are never one occurrence, so it need be later than what its own source told, and out of
        reach of what the other one did. That is the ordinary case: such an event is nobody's copy, and neither memory
        nor disk need be asked.
        """
        entries: list[tuple[str, bytes]] = []
        seen: dict[bytes, bytes] = {}
        source, reach, last = events[start].source, self._reach, -1
        mine, other = (REPORT, STREAM) if source == "report" else (STREAM, REPORT)
        for event, trail in zip(islice(events, start, None), islice(trails, start, None), strict=True):
            millis, heard = event.at // MILLISECOND, trail.heard
            if millis <= heard[mine] or millis <= heard[other] + reach or event.name_follows or event.source != source:
                break
            # should the spool refuse it, it is compared when it comes again, which costs more and is as right
            trail.latest = heard[mine] = millis
            if millis != last:
                last, ordinal, time, key = millis, b"%d|0" % millis, time_text(millis), millis.to_bytes(8, "big")
            begun = trail.begun or self._warm_up(trail, event)
            number = begun.copy()
            number.update(ordinal)
            if trail.point is not event.access_point_id or trail.side is not event.side or trail.source != source:
                trail.at(event)
            place = trail.place
            person = who(event.actor_id, event.actor_name, event.actor_email)
            entries.append((event.door, body(number.digest(), time, place, person)))
            seen[trail.group + key] = first_seen(event, millis, place.knows | person.knows)
        if not entries:
            return start, None
        # first, since a full spool refuses here: what it refused must not be noted as seen
        done = self._spool.put_all(QUEUE, entries)
        self._ledger.write_all(seen)
        return start + len(entries), done

    # -- those that may be copies ----------------------------------------------------------------------------------

    async def _compare(self, events: Sequence[PacsEvent], trails: Sequence[Trail]) -> "asyncio.Future[None] | None":
        seen = await self._seen_before(events, trails)
        done: asyncio.Future[None] | None = None
        ledger, decimals = self._ledger, self._decimals
        for event, trail in zip(events, trails, strict=True):
            group = trail.group
            near = ledger.recent(group)
            if group in seen:
                near = {**seen[group], **near}
            found = match(event, near, decimals)
            millis = found.millis
            if found.news:
                self.updated += event.source == "report" or len(found.occurrence.people) > 1
                number = event_id(self._pacs, event.door, event.event_type, millis, found.ordinal)
                # first, as above
                done = self._put(event, self._payload(event, number, millis))
            else:
                self.repeated += 1
            if found.changed:
                ledger.write(group_key(group, millis), encoded(found.occurrence, millis))
                trail.latest = max(trail.latest, millis)
                mine = REPORT if event.source == "report" else STREAM
                # its own time may be another one than that of the copy which it joins
                trail.heard[mine] = max(trail.heard[mine], millis, event.at // MILLISECOND)
        return done

    def _put(self, event: PacsEvent, payload: bytes) -> "asyncio.Future[None]":
        if event.name_follows:
            self._open[copy_of(event)], done = self._spool.hand_over(QUEUE, event.door, payload)
            return done
        if self._open and (item := self._open.get(copy_of(event))) is not None:
            amended = self._spool.amend(QUEUE, event.door, item, payload)
            if amended is not None:
                return amended
        return self._spool.put_nowait(QUEUE, event.door, payload)

    def close(self, copy: Copy) -> None:
        """An event is kept back no longer: what comes of it now is told after it."""
        self._open.pop(copy, None)

    def has_person(self, event: PacsEvent) -> bool | None:
        """Whether some copy of an event told its cardholder; None when it is too long ago to say without the disk."""
        group = prefix(event.door, event.event_type)
        found = match(event, self._ledger.recent(group), self._decimals)
        return None if found.news else found.occurrence.people[found.ordinal].actor is not None

    def _learn_writers(self, events: Sequence[PacsEvent]) -> None:
        if self._writers.hear(events):
            self._decimals = self._writers.decimals
            self._exact = min(self._decimals.values()) >= EXACT
            self._spool.remember(NOTE, self._writers.encoded())

    async def _seen_before(
        self, events: Sequence[PacsEvent], trails: Sequence[Trail]
    ) -> dict[bytes, dict[bytes, bytes]]:
        """What the ledger on disk says about those events that may be copies of older ones."""
        spans: dict[bytes, tuple[int, int]] = {}
        for event, trail in zip(events, trails, strict=True):
            millis = event.at // MILLISECOND
            if self._in_memory(trail, millis):
                continue
            first, last = spans.get(trail.group, (millis, millis))
            spans[trail.group] = min(first, millis), max(last, millis)
        if not spans:
            return {}
        asked = [
            (group_key(group, first - COARSEST), group_key(group, last + COARSEST))
            for group, (first, last) in spans.items()
        ]
        return dict(zip(spans, await self._ledger.find(asked), strict=True))

    async def _follow(self, events: Sequence[PacsEvent]) -> list[Trail]:
        """The trail of each event; those that are not known yet begin where the ledger ends."""
        trails = self._trails
        try:
            return [trails[event.door, event.event_type] for event in events]
        except KeyError:
            new = [key for key in dict.fromkeys((e.door, e.event_type) for e in events) if key not in trails]
        groups = [prefix(*key) for key in new]
        for key, group, last in zip(new, groups, await self._ledger.last(groups), strict=True):
            trails[key] = Trail(group, millis_of(last) if last is not None else 0)
        return [trails[event.door, event.event_type] for event in events]

    def _warm_up(self, trail: Trail, event: PacsEvent) -> blake2b:
        if len(self._warm) >= WARM:
            for one in self._warm:
                one.cool()
            self._warm.clear()
        self._warm.append(trail)
        trail.begun = begun_id(self._pacs, event.door, event.event_type)
        return trail.begun

    def _in_memory(self, trail: Trail, millis: int) -> bool:
        """Whether memory alone can say if this event was seen before: the ordinary case, which costs no look at disk."""
        first = millis - (1 if self._exact else COARSEST)
        return first > trail.latest or group_key(trail.group, first) > self._ledger.floor(trail.group)

    def _payload(self, event: PacsEvent, number: str, millis: int) -> bytes:
        place = where(event.door, event.event_type, event.source, event.side, event.access_point_id)
        person = who(event.actor_id, event.actor_name, event.actor_email)
        return body(bytes.fromhex(number), time_text(millis), place, person)


def copy_of(event: PacsEvent) -> Copy:
    """By what a copy with a name is known to belong to one without."""
    return event.door, event.event_type, event.at, event.actor_id
