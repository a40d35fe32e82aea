"""Load: access-granted events at a rate, each distinct by door and millisecond, made and written in batches."""

import asyncio
from typing import Any

import msgspec

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import MILLISECOND, SECOND, Micros
from doorwatch.simulators.genetec.building import Cardholder, Door
from doorwatch.simulators.genetec.record import RaisedEvent
from doorwatch.simulators.genetec.role import Role

_TICK = 0.01
_FLAT_OUT_BATCH = 500


class LoadOrder(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to offer: `rate` events a second (0: as fast as the streams take them) until `seconds` or `events`."""

    rate: float = 100.0
    seconds: float | None = None
    events: int | None = None
    wait_for_subscriber: bool = True
    event_type: str = "AccessGranted"


class Load:
    """One run of load over all doors and cardholders in turn."""

    def __init__(self, role: Role, order: LoadOrder) -> None:
        """Raises DoorwatchError when the order has no end, or more events than the doors can tell apart."""
        self._role = role
        self._order = order
        self._doors: list[Door] = list(role.building.doors())
        self._people = [one for one in role.building.of_kind("Cardholder") if isinstance(one, Cardholder)]
        self._last_at: list[Micros] = [0] * len(self._doors)
        self._made = 0
        if not self._doors:
            raise DoorwatchError("Load needs at least one door in the simulated system; add some.")
        if order.seconds is None and order.events is None:
            raise DoorwatchError("Load needs an end: give `seconds` or `events`.")
        if order.rate > 1000 * len(self._doors):
            raise DoorwatchError(
                f"{order.rate:g} events a second need {-int(-order.rate // 1000)} doors, for a door's events are told "
                f"apart by the millisecond; the simulated system has {len(self._doors)}."
            )

    async def run(self) -> dict[str, Any]:
        """Offer the load; answers how many events were made and how fast."""
        clock = self._role.clock
        if self._order.wait_for_subscriber:
            while not self._somebody_listens():
                await clock.sleep(0.05)
        started, started_at, first = clock.monotonic(), clock.now(), len(self._role.record) + 1
        while True:
            elapsed = clock.monotonic() - started
            missing = self._missing(elapsed)
            if missing <= 0 and self._done(elapsed):
                break
            self._offer(missing, started_at)
            if self._order.rate == 0:
                await asyncio.gather(*(stream.drained() for stream in self._role.streams()))
                await asyncio.sleep(0)
            else:
                await clock.sleep(_TICK)
        seconds = max(clock.monotonic() - started, 1e-9)
        return {
            "events": self._made,
            "seconds": round(seconds, 3),
            "per_second": round(self._made / seconds, 1),
            "first_sequence": first,
            "last_sequence": first + self._made - 1,
        }

    def _somebody_listens(self) -> bool:
        guid = self._doors[0].guid
        return any(one.streams and one.wants(self._order.event_type, guid) for one in self._role.sessions)

    def _missing(self, elapsed: float) -> int:
        """How many events are due and not made yet."""
        order = self._order
        if order.seconds is not None:
            elapsed = min(elapsed, order.seconds)
        if order.rate == 0:
            over = order.seconds is not None and elapsed >= order.seconds
            due = self._made + (0 if over else _FLAT_OUT_BATCH)
        else:
            due = int(elapsed * order.rate + 1e-6)
        if order.events is not None:
            due = min(due, order.events)
        return due - self._made

    def _done(self, elapsed: float) -> bool:
        order = self._order
        if order.events is not None and self._made >= order.events:
            return True
        return order.seconds is not None and elapsed >= order.seconds

    def _offer(self, count: int, started_at: Micros) -> None:
        role, order, doors, people = self._role, self._order, self._doors, self._people
        now = role.clock.now()
        events = []
        for number in range(self._made, self._made + count):
            which = number % len(doors)
            scheduled = now if order.rate == 0 else started_at + int(number * SECOND / order.rate)
            at = self._last_at[which] = max(scheduled, self._last_at[which] + MILLISECOND)
            door = doors[which]
            person = people[number * 7 % len(people)] if people else None
            event = RaisedEvent(
                sequence=len(role.record) + 1,
                event_type=order.event_type,
                door=door.guid,
                at=at,
                raised_at=now,
                reader=door.reader_in,
                side="in",
                cardholder=person.guid if person else None,
                credential=person.credential if person else None,
            )
            role.record.add(event)
            events.append(event)
        self._made += count
        if events:
            role.deliver(events)
