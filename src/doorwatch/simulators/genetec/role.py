"""The simulated Web-based SDK role without its network: who is signed in, what happened, who is told of it."""

import asyncio
import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock, Micros
from doorwatch.simulators.genetec.building import Building, Door, Entity
from doorwatch.simulators.genetec.event_types import happens_at_a_reader, known_type
from doorwatch.simulators.genetec.formats import Form, event_document
from doorwatch.simulators.genetec.record import RaisedEvent, Record
from doorwatch.simulators.genetec.rendering import Renderer
from doorwatch.simulators.genetec.sessions import Session, Sessions
from doorwatch.simulators.genetec.settings import Settings
from doorwatch.simulators.genetec.stream import EventStream, StreamFaults, event_part


@dataclass(frozen=True, slots=True)
class User:
    """A Security Center user together with the application id that the licence knows."""

    name: str
    password: str
    application_id: str


class Role:
    """Everything that survives a dropped connection; `seed` decides every chance."""

    def __init__(
        self, *, users: Iterable[User], building: Building, settings: Settings, clock: Clock, seed: int
    ) -> None:
        self.users = list(users)
        self.building = building
        self.settings = settings
        self.clock = clock
        self.chance = random.Random(seed)  # noqa: S311 - repeatable disorder, no secret
        self.record = Record()
        self.sessions = Sessions()
        self.faults = StreamFaults()
        self.delivered = 0
        self._renderer = Renderer(settings)
        self._streams: list[EventStream] = []
        self._late: set[asyncio.Task[None]] = set()

    def configure(self, settings: Settings) -> None:
        """Behave by these settings from now on; streams that are open follow."""
        self.settings = settings
        self._renderer.forget(settings)
        for stream in self.streams():
            stream.configure(settings)

    def streams(self) -> list[EventStream]:
        """Every open stream, also of sessions that have ended."""
        return list(self._streams)

    # Sessions

    def expire_sessions(self) -> None:
        """End what has been idle for too long, and its streams where the settings say so."""
        settings = self.settings
        ended = self.sessions.expire(
            self.clock.monotonic(), settings.session_idle, stream_keeps=settings.stream_keeps_session
        )
        for session in ended:
            self._end_streams(session)

    def end_sessions(self) -> None:
        """End every session now, as a failover does."""
        for session in self.sessions:
            self.sessions.end(session)
            self._end_streams(session)

    def _end_streams(self, session: Session) -> None:
        if self.settings.session_end == "close":
            for stream in session.streams:
                stream.close()

    def open_stream(self, session: Session, form: Form) -> EventStream:
        """A stream for that session; the caller runs it and calls `stream_ended`."""
        stream = EventStream(
            connection_id=str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            form=form,
            settings=self.settings,
            faults=self.faults,
            clock=self.clock,
            chance=self.chance,
        )
        session.streams.append(stream)
        self._streams.append(stream)
        return stream

    def stream_ended(self, session: Session, stream: EventStream) -> None:
        """Its client went away, or it was ended."""
        session.streams.remove(stream)
        self._streams.remove(stream)

    # Events

    def raise_event(
        self,
        event_type: str,
        door: str,
        *,
        cardholder: str | None = None,
        at: Micros | None = None,
        side: str | None = None,
        copies: int = 1,
        late_by: float = 0.0,
        on_stream: bool = True,
        in_report: bool = True,
        message: str | None = None,
    ) -> RaisedEvent:
        """Let something happen at a door (name or GUID).

        `at` is the time that the event carries, now when absent. `copies` and `late_by` (seconds) make the stream
        repeat or delay it; `on_stream` and `in_report` keep it from either. Raises DoorwatchError for what is unknown.
        """
        if side not in {None, "in", "out"}:
            raise DoorwatchError(f"An event's side is 'in' or 'out', not {side!r}.")
        event = self.happen(
            known_type(event_type) or event_type,
            self.building.door(door),
            at=self.clock.now() if at is None else at,
            side=side,
            cardholder=cardholder,
            in_report=in_report,
            message=message,
        )
        if on_stream:
            self._later(event, late_by) if late_by > 0 else self.deliver([event] * copies)
        return event

    def happen(
        self,
        event_type: str,
        door: Door,
        *,
        at: Micros,
        side: str | None = None,
        cardholder: str | None = None,
        in_report: bool = True,
        message: str | None = None,
    ) -> RaisedEvent:
        """Put an event on record without telling anybody."""
        person = self.building.cardholder(cardholder) if cardholder else None
        side = side or ("in" if happens_at_a_reader(event_type) else None)
        event = RaisedEvent(
            sequence=len(self.record) + 1,
            event_type=event_type,
            door=door.guid,
            at=at,
            raised_at=self.clock.now(),
            reader={"in": door.reader_in, "out": door.reader_out}.get(side or ""),
            side=side,
            cardholder=person.guid if person else None,
            credential=person.credential if person else None,
            message=message,
            reported=in_report,
        )
        self.record.add(event)
        return event

    def deliver(self, events: list[RaisedEvent]) -> None:
        """Write events to every stream whose session subscribed to them, disordered as the settings say."""
        self.expire_sessions()
        if self.settings.duplicate or self.settings.late:
            events = self._disordered(events)
        self._deliver_now(events)

    def _deliver_now(self, events: list[RaisedEvent]) -> None:
        rendered: dict[Form, dict[int, bytes]] = {}
        for session in self.sessions:
            if not session.streams:
                continue
            wanted = [event for event in events if self._wanted(session, event)]
            if not wanted:
                continue
            for form in {stream.form for stream in session.streams}:
                parts = rendered.setdefault(form, {})
                for event in wanted:
                    if event.sequence not in parts:
                        parts[event.sequence] = self._renderer.part(form, event)
                data = b"".join([parts[event.sequence] for event in wanted])
                for stream in session.streams:
                    if stream.form is form:
                        stream.offer(data)
                        self.delivered += len(wanted)

    def _wanted(self, session: Session, event: RaisedEvent) -> bool:
        if session.wants(event.event_type, event.door, event.reader):
            return True
        if not self.settings.wildcard_follows_new_doors:
            return False
        return (event.event_type, "door") in session.wildcards

    def _disordered(self, events: list[RaisedEvent]) -> list[RaisedEvent]:
        now = []
        for event in events:
            if self.chance.random() < self.settings.late:
                self._later(event, self.chance.random() * self.settings.late_by)
                continue
            now.append(event)
            if self.chance.random() < self.settings.duplicate:
                now.append(event)
        return now

    def _later(self, event: RaisedEvent, seconds: float) -> None:
        async def wait_and_deliver() -> None:
            await self.clock.sleep(seconds)
            self._deliver_now([event])

        task = asyncio.get_running_loop().create_task(wait_and_deliver())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def write_raw(self, data: bytes) -> None:
        """Write anything to every stream: lines that no client expects."""
        for stream in self.streams():
            stream.offer(data)

    def raise_alarm(self, *, acknowledged: bool = False) -> None:
        """An item of alarm monitoring, which carries no event type, to the sessions that asked for them."""
        name = "AlarmAcknowledge" if acknowledged else "AlarmTriggered"
        for session in self.sessions:
            for stream in session.streams if session.alarms else []:
                document = event_document(stream.form, {name: {"AlarmGuid": str(uuid.UUID(int=1)), "InstanceId": 1}})
                stream.offer(event_part(stream.form, document))

    # Doors that come and go

    def visible(self, kind: str) -> list[Entity]:
        """The entities of a kind that the user's partitions and privileges show."""
        return self.building.of_kind(kind) if self.shows(kind) else []

    def shows(self, kind: str) -> bool:
        """Whether the user's partitions and privileges show entities of a kind."""
        if kind.lower() in {"door", "accesspoint"}:
            return self.settings.sees_doors
        return self.settings.sees_cardholders or kind.lower() not in {"cardholder", "credential"}

    async def stop(self) -> None:
        """Forget what was still to come."""
        for task in list(self._late):
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
