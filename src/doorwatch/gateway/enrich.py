"""Asks the PACS's record for cardholders that its stream did not tell.

Who passed is often known only to the report, and a back-fill may be hours away. So events that came without a cardholder
are looked up shortly after, together, never more than one question at a time; the collector sends what is found under
the same id.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from doorwatch.domain.access import Meaning, meaning_of
from doorwatch.domain.time import SECOND, Clock, Micros
from doorwatch.gateway.collector import Collector
from doorwatch.pacs.driver import PacsError, PacsEvent
from doorwatch.spool import SpoolFullError

_log = logging.getLogger("doorwatch.gateway")
MOST_WAITING = 5_000
LOOKS = 4
WIDEST = 60 * SECOND
AWAY_PAUSE = 15.0
LEAST_PAUSE, SHARE = 0.2, 3.0
"""Seconds between two questions, and how many times longer than the last one took: a busy report is left in peace."""
FRUITLESS, REST = 10, 300.0
"""After so many questions in a row that brought nobody, none is asked for so many seconds."""


@dataclass(slots=True)
class _Wanted:
    event: PacsEvent
    due: float
    looks: int = 0


class Enricher:
    """Runs until cancelled. `delay`: seconds after an event until it is first looked up, doubled with each look."""

    def __init__(
        self,
        read: Callable[[Micros, Micros, Sequence[str]], AsyncIterator[Sequence[PacsEvent]]],
        collector: Collector,
        clock: Clock,
        delay: float,
        ahead: Callable[[], Micros],
    ) -> None:
        self._read = read
        self._collector = collector
        self._clock = clock
        self._delay = delay
        self._ahead = ahead
        self._waiting: deque[_Wanted] = deque(maxlen=MOST_WAITING)
        self._news = asyncio.Event()
        self._rest_until = 0.0
        self._fruitless = 0
        self.questions = 0
        self.found = 0

    @property
    def waiting(self) -> int:
        """Events whose cardholder is being looked for."""
        return len(self._waiting)

    def note(self, events: Sequence[PacsEvent]) -> None:
        """Events that are in the spool; those that could have a cardholder and have none are looked up."""
        now = self._clock.monotonic()
        if now < self._rest_until:
            return
        wanted = [
            _Wanted(event, now + self._delay)
            for event in events
            if event.actor_id is None
            and event.source == "stream"
            and meaning_of(event.event_type) in {Meaning.GRANT, Meaning.REFUSAL}
        ]
        if wanted:
            self._waiting.extend(wanted)
            self._news.set()

    async def run(self) -> None:
        """Look up, one question after the other."""
        while True:
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
            await self._clock.sleep(max(0.0, self._waiting[0].due - self._clock.monotonic()))
            await self._clock.sleep(await self.look_up())

    async def look_up(self) -> float:
        """Ask about those that are due; seconds until the next question at the earliest."""
        began = self._clock.monotonic()
        batch = self._due(began)
        if not batch:
            return LEAST_PAUSE
        try:
            await self._ask([one.event for one in batch])
        except (PacsError, SpoolFullError):
            # nothing was learned: it is no look, and no reason to say more than the stream says of it
            self._again(batch, began + AWAY_PAUSE)
            return AWAY_PAUSE
        found = [one for one in batch if self._collector.has_person(one.event) is not False]
        self.found += len(found)
        now = self._clock.monotonic()
        for one in batch:
            one.looks += 1
            if one not in found and one.looks < LOOKS:
                self._again([one], now + self._delay * 2**one.looks)
        self._judge(fruitful=bool(found))
        return max(LEAST_PAUSE, SHARE * (now - began))

    def _due(self, now: float) -> list[_Wanted]:
        """Those that are due and lie near enough together in time for one question; they leave the queue."""
        first = next((one for one in self._waiting if one.due <= now), None)
        if first is None:
            return []
        batch = [
            one
            for one in self._waiting
            if one.due <= now and 0 <= one.event.at - first.event.at + WIDEST // 2 <= WIDEST
        ]
        chosen = {id(one) for one in batch}
        kept = [one for one in self._waiting if id(one) not in chosen]
        self._waiting.clear()
        self._waiting.extend(kept)
        return batch

    def _again(self, batch: Sequence[_Wanted], due: float) -> None:
        for one in batch:
            one.due = due
        self._waiting.extend(batch)
        ordered = sorted(self._waiting, key=lambda one: one.due)
        self._waiting.clear()
        self._waiting.extend(ordered)

    async def _ask(self, events: Sequence[PacsEvent]) -> None:
        ahead = self._ahead()
        times = [event.at - ahead for event in events]
        types = list(dict.fromkeys(event.event_type for event in events))
        self.questions += 1
        async for rows in self._read(min(times) - SECOND, max(times) + SECOND, types):
            await self._collector.take(rows)

    def _judge(self, *, fruitful: bool) -> None:
        self._fruitless = 0 if fruitful else self._fruitless + 1
        if self._fruitless >= FRUITLESS:
            self._fruitless = FRUITLESS - 1
            self._rest_until = self._clock.monotonic() + REST
            self._waiting.clear()
            _log.info("the report knows no more cardholders than the stream; it is asked again in five minutes")
