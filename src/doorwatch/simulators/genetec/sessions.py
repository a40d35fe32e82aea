"""Sessions of the Web SDK: one per user and application, opened by the first request, ended by idleness.

Subscriptions belong to the session and not to a stream; they go with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from doorwatch.simulators.genetec.stream import EventStream


@dataclass(slots=True, eq=False)
class Session:
    """What one user with one application id has open."""

    user: str
    application_id: str
    last_request: float
    """Seconds of the steady clock."""
    subscriptions: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of event type and entity."""
    wildcards: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of event type and kind of entity, as they were asked for."""
    streams: list[EventStream] = field(default_factory=list)
    alarms: bool = False

    def wants(self, event_type: str, *entities: str | None) -> bool:
        """Whether an event of that type about one of these entities was subscribed to."""
        return any((event_type, entity) in self.subscriptions for entity in entities if entity)

    def subscribed(self) -> list[dict[str, object]]:
        """The subscriptions grouped by event type, as `events/subscribed` lists them."""
        grouped: dict[str, list[str]] = {}
        for event_type, entity in self.subscriptions:
            grouped.setdefault(event_type, []).append(entity)
        return [{"EventType": event_type, "Entities": sorted(grouped[event_type])} for event_type in sorted(grouped)]


class Sessions:
    """All open sessions."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    def get(self, user: str, application_id: str) -> Session | None:
        """The session of that pair, if it is open."""
        return self._open.get((user, application_id))

    def open(self, user: str, application_id: str, now: float) -> Session:
        """A new session for that pair; `now` in seconds of the steady clock."""
        session = self._open[user, application_id] = Session(user, application_id, now)
        return session

    def expire(self, now: float, idle: float, *, stream_keeps: bool) -> list[Session]:
        """End the sessions without a request for `idle` seconds, and return them."""
        ended = [
            session for session in self if now - session.last_request >= idle and not (stream_keeps and session.streams)
        ]
        for session in ended:
            self.end(session)
        return ended

    def end(self, session: Session) -> None:
        """End a session: its subscriptions are gone; its streams are the caller's business."""
        session.subscriptions.clear()
        session.wildcards.clear()
        self._open.pop((session.user, session.application_id), None)
