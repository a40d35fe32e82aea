"""Security Center as the gateway sees it: one stream that is watched, verified and, where it breaks, told as broken."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import replace

from doorwatch.domain.time import SECOND, Clock, Micros, from_seconds
from doorwatch.pacs.driver import (
    TICKS,
    Alive,
    DriverStatus,
    Events,
    Inventory,
    InventoryChanged,
    Missed,
    PacsError,
    PacsEvent,
    PacsLostError,
    StreamItem,
    Subscribed,
)
from doorwatch.pacs.genetec.answers import AnswerError, guid, read_time, rounded
from doorwatch.pacs.genetec.client import WebSdkClient
from doorwatch.pacs.genetec.directory import Directory
from doorwatch.pacs.genetec.faults import explain
from doorwatch.pacs.genetec.idle import IdleLimit, keep_alive_by_tcp, seconds_since_heard
from doorwatch.pacs.genetec.licence import Licence
from doorwatch.pacs.genetec.meanings import NEVER, NOBODY, Meanings
from doorwatch.pacs.genetec.reports import DoorActivity
from doorwatch.pacs.genetec.settings import GenetecSettings
from doorwatch.pacs.genetec.stream import Heard, StreamParser
from doorwatch.pacs.genetec.subscriptions import Subscriptions
from doorwatch.pacs.genetec.written import StreamEvent
from doorwatch.wire import Stream, WireError

_log = logging.getLogger("doorwatch.genetec")
CONNECTION_ID_WAIT = 2.5
WAITING_ITEMS = 8
MOST_TOGETHER = 2048
_MILLIS = 3
DOORS_AGAIN = 30.0
QUICK_NAME = 0.15
"""Seconds: a gateway that waits for names does so where they usually come within this."""


class GenetecDriver:
    """One Web-based SDK role. See doorwatch.pacs.driver.Driver for what each method promises."""

    def __init__(self, settings: GenetecSettings, clock: Clock) -> None:
        self.settings = settings
        self.status = DriverStatus()
        self._clock = clock
        self.client = WebSdkClient(settings, clock)
        self.directory = Directory(self.client, clock)
        self.subscriptions = Subscriptions(self.client, settings.types)
        self.licence = Licence(self.client, clock)
        self.meaning = Meanings(self.directory, self.subscriptions.wanted)
        self.report = DoorActivity(self.client, self.directory)
        self.idle = IdleLimit(settings.stream_idle)
        self._parser = StreamParser()
        self._items: asyncio.Queue[StreamItem | PacsError] = asyncio.Queue(WAITING_ITEMS)
        self._connection: str | None = None
        self._verified: Micros | None = None
        self._heard_steady = 0.0
        self._placing = asyncio.Lock()
        self._doors_read = float("-inf")
        self._asking_since: float | None = None
        self._usual_answer = 0.0
        self._lookups: set[asyncio.Task[None]] = set()
        self._wanted_people: dict[str, list[PacsEvent]] = {}

    @property
    def ahead(self) -> Micros:
        """How far the role's clock is ahead of ours."""
        return self.client.ahead or 0

    async def connect(self) -> None:
        """See that the role answers and lets us in."""
        await self.client.ping()

    async def inventory(self) -> Inventory:
        """All doors with sides and cameras."""
        return await self.directory.read_doors()

    async def backfill(
        self, since: Micros, until: Micros, types: Sequence[str] | None = None
    ) -> AsyncIterator[Sequence[PacsEvent]]:
        """The activity report between two moments."""
        active = [name for name in self.settings.types if name not in self.subscriptions.refused]
        async for events in self.report.read(since, until, active if types is None else types):
            self.status.facts["backfilled_rows"] = self.report.rows
            yield events

    async def close(self) -> None:
        """Close the stream on the server too, so that the licence's connection is free at once."""
        await self._hang_up()
        await self.client.close()

    # -- the stream -----------------------------------------------------------------------------------------------

    async def stream(self) -> AsyncIterator[StreamItem]:
        """Listen first, subscribe then, verify, and go on until it breaks."""
        self._parser = StreamParser()
        self._items = asyncio.Queue(WAITING_ITEMS)
        self._connection = None
        self._verified = None
        self.idle.restart()
        response = await self.client.open_stream()
        tasks = [asyncio.create_task(self._read(response))]
        try:
            await self._wait_for_connection_id()
            await self._subscribe()
            tasks += [asyncio.create_task(self._verify()), asyncio.create_task(self._watch(response))]
            while True:
                for item in self._together(await self._items.get()):
                    if isinstance(item, PacsError):
                        raise item
                    yield item
        finally:
            for task in [*tasks, *self._lookups]:
                task.cancel()
            await asyncio.gather(*tasks, *self._lookups, return_exceptions=True)
            response.close()
            await self._hang_up()

    def _together(self, item: StreamItem | PacsError) -> list[StreamItem | PacsError]:
        """An item, with the events that have come meanwhile: the slower they are taken, the more are taken at once."""
        if not isinstance(item, Events) or not item.proves or self._items.empty():
            return [item]
        events = list(item.events)
        while not self._items.empty() and len(events) < MOST_TOGETHER:
            following = self._items.get_nowait()
            if not isinstance(following, Events) or not following.proves:
                return [Events(events, item.at), following]
            events += following.events
            item = following
        return [Events(events, item.at)]

    async def _wait_for_connection_id(self) -> None:
        for _ in range(int(CONNECTION_ID_WAIT / 0.05)):
            if self._connection is not None or not self._items.empty():
                return
            await self._clock.sleep(0.05)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            with suppress(PacsError, asyncio.CancelledError):
                async with asyncio.timeout(3):
                    await self.client.get(f"events/closeconnection/{connection}", post=True)

    async def _read(self, response: Stream) -> None:
        try:
            await self._read_on(response)
        except (WireError, OSError) as error:
            lost = PacsLostError(f"the event stream broke: {explain(error, self.settings)}")
        except PacsError as error:
            lost = PacsLostError(str(error))
        else:
            lost = PacsLostError("the Web SDK ended the event stream (role restarted or session closed)")
        await self._items.put(lost)

    async def _read_on(self, response: Stream) -> None:
        self._heard_steady = self._clock.monotonic()
        while data := await response.read():
            self._heard_steady = self._clock.monotonic()
            heard = self._parser.feed(data)
            if heard.connection_id is not None:
                self._connection = guid(heard.connection_id)
            if heard.keep_alives:
                self.idle.keep_alive(self._heard_steady)
            await self._pass_on(heard)

    async def _pass_on(self, heard: Heard) -> None:
        self._count(heard)
        events = self._events(heard.events) if heard.events else []
        at = self._clock.now()
        if events:
            await self._items.put(Events(events, at))
            self._look_up_people()
        elif heard.events or heard.keep_alives:
            await self._items.put(Alive(at, proves=True))

    def _count(self, heard: Heard) -> None:
        facts = self.status.facts
        facts["stream_events"] = int(facts.get("stream_events") or 0) + len(heard.events)
        facts["stream_keep_alives"] = int(facts.get("stream_keep_alives") or 0) + heard.keep_alives
        facts["stream_malformed"] = self._parser.malformed
        facts["stream_skipped"] = self._parser.skipped

    # -- events ---------------------------------------------------------------------------------------------------

    def _events(self, written: Sequence[StreamEvent]) -> list[PacsEvent]:
        """What was written as events of doors; those whose cardholder should be asked for are noted."""
        found: list[PacsEvent] = []
        meaning = self.meaning
        meaning.refresh()
        places, people = meaning.places, meaning.people
        filtered, now = 0, self._clock.monotonic()
        for one in written:
            # a loop that runs ten thousand times a second: what was looked up before is taken from where it lies
            try:
                place = places[one.event_type, one.source, one.access_point]
            except (KeyError, TypeError):
                place = meaning.place(one)
            if place is None:
                filtered += 1
                continue
            event_type, door, point, side, unplaced = place
            if door is None:
                continue
            try:
                exact, decimals = read_time(one.timestamp)
            except ValueError as error:
                self._tell_unreadable(str(error))
                continue
            who = one.cardholder
            actor = people.get(who) if who.__class__ is str else None
            if actor is None:
                actor = meaning.person(who) if who else NOBODY
            number, called, mail, asked_until = actor
            event = PacsEvent(
                door, exact // TICKS if decimals <= _MILLIS else rounded(exact), event_type, decimals, number, called, mail,
                point, side, "stream", exact, unplaced,
                asked_until == NEVER and number is not None and self._names_come_quickly(),
            )  # fmt: skip
            found.append(event)
            if asked_until < now and number is not None:
                self._wanted_people.setdefault(number, []).append(event)
        if filtered:
            self.status.facts["filtered"] = int(self.status.facts.get("filtered") or 0) + filtered
        return found

    def _tell_unreadable(self, reason: str) -> None:
        if not self._parser.malformed:
            _log.warning(
                "an event has a time that is none, and is left out; others are counted", extra={"reason": reason}
            )
        self._parser.malformed += 1

    def _names_come_quickly(self) -> bool:
        running = 0.0 if self._asking_since is None else self._clock.monotonic() - self._asking_since
        return max(self._usual_answer, running) <= QUICK_NAME

    async def place(self, event: PacsEvent) -> PacsEvent | None:
        """Find the door of a source that no table has: in the door list, read anew, and in the report's rows."""
        async with self._placing:
            found = self._placed(event)
            if found is None:
                await self._learn_doors(event)
                found = self._placed(event)
            return found

    def _placed(self, event: PacsEvent) -> PacsEvent | None:
        door, point, side = self.directory.place(event.door, event.access_point_id)
        if door is None:
            return None
        return replace(event, door=door, access_point_id=point, side=side, unplaced=False)

    async def _learn_doors(self, event: PacsEvent) -> None:
        now = self._clock.monotonic()
        if now - self._doors_read >= DOORS_AGAIN:
            self._doors_read = now
            before = set(self.directory.doors)
            await self.directory.read_doors()
            if set(self.directory.doors) != before:
                with suppress(asyncio.QueueFull):
                    self._items.put_nowait(InventoryChanged())
            if self._placed(event) is not None:
                return
        at = event.at - self.ahead
        async for _ in self.report.read(at - SECOND, at + SECOND, [event.event_type]):
            pass  # reading a row teaches the directory whose access point is whose

    def _look_up_people(self) -> None:
        """Names come later than the event, which waits for nobody: the same event is told again with what is known."""
        if self._wanted_people and not self._lookups:
            task = asyncio.create_task(self._tell_people())
            self._lookups.add(task)
            task.add_done_callback(self._lookups.discard)

    async def _tell_people(self) -> None:
        while self._wanted_people:
            wanted, self._wanted_people = self._wanted_people, {}
            self._asking_since = self._clock.monotonic()
            try:
                await self.directory.read_people(list(wanted))
            except PacsError:
                return
            finally:
                took = self._clock.monotonic() - self._asking_since
                self._usual_answer += (took - self._usual_answer) / 4
                self._asking_since = None
            told = [
                replace(event, actor_name=person.name, actor_email=person.email, name_follows=False)
                for actor, events in wanted.items()
                if (person := self.directory.person(actor)) is not None
                for event in events
            ]
            if told:
                await self._items.put(Events(told, self._clock.now(), proves=False))

    # -- watching -------------------------------------------------------------------------------------------------

    async def _subscribe(self) -> None:
        self.subscriptions.unheard.clear()
        await self.subscriptions.subscribe()
        missing = await self.subscriptions.missing(self.directory.doors)
        if missing:
            await self._subscribe_doors(missing)
        await self._tell_subscribed()

    async def _subscribe_doors(self, missing: Mapping[str, set[str]]) -> None:
        """Ask by name for the doors that a subscription by kind left out, and go on without what is missing even so."""
        doors = self.directory.doors
        await self.subscriptions.subscribe_doors(missing)
        self.subscriptions.give_up(await self.subscriptions.missing(doors), doors)

    async def _tell_subscribed(self) -> None:
        self._verified = self._clock.now()
        refused = tuple(self.subscriptions.refused)
        await self._items.put(Subscribed(self._verified, tuple(self.subscriptions.active), refused))

    async def _verify(self) -> None:
        """Ask now and then whether everything is still subscribed, which also keeps the session alive."""
        try:
            while True:
                await self._ask_licence()
                await self._clock.sleep(self.settings.verify_every)
                await self._verify_once()
        except PacsLostError as error:
            await self._items.put(error)
        except PacsError as error:
            # what seemed to be heard since the last time may have been only a part
            await self._items.put(PacsLostError(f"the subscription cannot be verified: {error}", self._verified))

    async def _ask_licence(self) -> None:
        await self.licence.ask()
        self.status.facts["licence_used"] = self.licence.used
        self.status.facts["licence_most"] = self.licence.most

    async def _verify_once(self) -> None:
        before = self._verified or self._clock.now()
        self.subscriptions.retry_refused(self._clock.monotonic())
        doors = await self.directory.list_guids("Door")
        if set(doors) != set(self.directory.doors):
            await self.directory.read_doors(doors)
            await self._items.put(InventoryChanged())
        try:
            missing = await self.subscriptions.missing(self.directory.doors)
        except AnswerError as error:
            raise PacsLostError(f"Security Center does not list subscriptions any more: {error}", before) from error
        if self.subscriptions.nothing_listed and missing:
            # a session that ended takes its subscriptions along, and its stream may stay open and say nothing
            raise PacsLostError("the session ended and took the subscriptions along", before)
        if missing:
            await self.subscriptions.subscribe()
            if still := await self.subscriptions.missing(self.directory.doors):
                await self._subscribe_doors(still)
            await self._items.put(
                Missed(before, f"subscriptions were missing and were made again: {', '.join(sorted(missing)[:5])}")
            )
        await self._tell_subscribed()

    async def _watch(self, response: Stream) -> None:
        """Tell signs of life, and end a stream that shows none."""
        socket = response.socket
        keep_alive_by_tcp(socket)
        while True:
            await self._clock.sleep(0.5)
            silent = self._clock.monotonic() - self._heard_steady
            self.status.facts["stream_silent_seconds"] = round(silent, 1)
            if silent > self.idle.seconds:
                await self._items.put(
                    PacsLostError(f"the event stream is silent for {silent:.0f} s, without keep-alives")
                )
                return
            answered = min(silent, seconds_since_heard(socket))
            await self._items.put(Alive(self._clock.now() - from_seconds(answered), proves=False))
