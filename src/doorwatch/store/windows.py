"""Doors' windows: everything that the rule reads about doors in some time, as one snapshot.

The watch looks at a thousand doors every few seconds, and asking costs far more than finding: what several doors need
is asked once for all of them, and every question is built once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select, union_all

from doorwatch.domain.access import AccessEvent, Direction, Meaning
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.policy import policy_from_mapping
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.domain.verdict import CameraVersion, DoorInputs, PolicyVersion, Span, pacs_span
from doorwatch.store import configuration, coverage, pools
from doorwatch.store.errors import UnknownError
from doorwatch.store.schema.happenings import access_events, crossings
from doorwatch.store.schema.places import doors, pacs, policies
from doorwatch.store.sql import chunks

_LOCK = (Meaning.UNLOCKED_BY_SCHEDULE, Meaning.UNLOCKED_BY_OPERATOR, Meaning.LOCKED)
_CONTACT = (Meaning.OPENED, Meaning.CLOSED)

# Coverage is read this much beyond the window: a verdict is final only when the news have passed its last input.
_BEYOND = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class DoorWindow:
    """A door's inputs, and what the rule made of them so far.

    `crossing_outcomes` are (outcome, grant id) by crossing id, `grant_outcomes` outcomes by event id; None where the
    rule did not look.
    """

    inputs: DoorInputs
    pacs_id: str
    crossing_outcomes: Mapping[str, tuple[str | None, str | None]]
    grant_outcomes: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Place:
    """What holds for a door in any window."""

    pacs_id: str
    device_id: str
    covered_until: Micros | None
    subscribed: frozenset[str] | None
    policies: tuple[PolicyVersion, ...]
    mappings: tuple[CameraVersion, ...]


@dataclass(slots=True)
class _Gathered:
    """What was read of a door and of those that are judged as it; `parts` are their ids, in order."""

    parts: dict[str, None] = field(default_factory=dict)
    crossings: list[Crossing] = field(default_factory=list)
    crossing_outcomes: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    events: list[AccessEvent] = field(default_factory=list)
    grant_outcomes: dict[str, str | None] = field(default_factory=dict)
    carried: list[AccessEvent] = field(default_factory=list)


class WindowReader:
    """Reads windows of some doors of one account.

    `oldest` is the time before which nothing is kept, passed on to the rule.
    """

    def __init__(
        self, conn: Connection, account: str, door_ids: Iterable[str], *, oldest: Micros | None = None
    ) -> None:
        self._conn = conn
        self._account = account
        self._oldest = oldest
        self._pools = pools.read(conn, account)
        parts = {part for door_id in door_ids for part, _ in self._pools.parts(door_id)}
        self._places = _places(conn, account, sorted(parts.union(door_ids)))
        self._pacs_spans: dict[str, tuple[Span, tuple[Span, ...]]] = {}

    def policies(self, door_id: str) -> tuple[PolicyVersion, ...]:
        """All versions of a door's policy, the oldest first; raises UnknownError."""
        return self._place(door_id).policies

    def read(self, door_id: str, start: Micros, end: Micros) -> DoorWindow:
        """What the rule needs about a door from `start` to `end` on the cameras' clock, both included.

        Events are read for the same stretch on the PACS's clock, as far as the rule reads them; `carried` are the
        last lock and the last contact event before that. Crossings come without their trails. Coverage intervals are
        whole, so they may begin before and end after the window. Raises UnknownError.
        """
        place = self._place(door_id)
        gathered = self._gather(door_id, Span(start, end), pacs_span(Span(start, end), place.policies))
        leaves = {self._place(part).device_id: part for part in gathered.parts}
        mapped = {part: self._place(part).mappings for part in gathered.parts}
        watching = {camera for versions in mapped.values() for version in versions for camera in version.cameras}
        watching.update(crossing.camera for crossing in gathered.crossings)
        pooled = len(leaves) > 1
        around = Span(start - _BEYOND, end + _BEYOND)
        inputs = DoorInputs(
            self._account,
            door_id,
            gathered.events,
            gathered.crossings,
            place.policies,
            place.mappings,
            coverage.camera_spans(self._conn, self._account, watching, around.start, around.end),
            None if place.covered_until is None else self._covered(place.pacs_id, around),
            place.subscribed,
            gathered.carried,
            leaves if pooled else {},
            self._oldest,
            mapped if pooled else {},
        )
        return DoorWindow(inputs, place.pacs_id, gathered.crossing_outcomes, gathered.grant_outcomes)

    def _gather(self, door_id: str, wanted: Span, told: Span) -> "_Gathered":
        """What happened at the door, and at those that were judged as it while they were."""
        found = _Gathered()
        for part, held in self._pools.parts(door_id):
            here = Span(max(wanted.start, held.start), min(wanted.end, held.end))
            then = Span(max(told.start, held.start), min(told.end, held.end))
            if here.start > here.end and then.start > then.end:
                continue
            device_id = self._place(part).device_id
            found.parts.setdefault(part)
            self._crossings(part, here, found)
            self._events(part, device_id, then, found)
            found.carried += self._carried(part, device_id, then.start)
        return found

    def _place(self, door_id: str) -> _Place:
        place = self._places.get(door_id)
        if place is None:
            raise UnknownError("there is no such door")
        return place

    def _crossings(self, door_id: str, span: Span, found: "_Gathered") -> None:
        wanted = {"account": self._account, "door": door_id, "start": span.start, "end": span.end}
        for row in self._conn.execute(_CROSSINGS, wanted).all():
            key, camera, track, at, way, confidence, continuous, possible, outcome, grant = row
            found.crossing_outcomes[key] = (outcome, grant)
            direction = Direction.IN if way == "in" else Direction.OUT
            found.crossings.append(
                Crossing(key, door_id, camera, track, at, direction, confidence, continuous, possible)
            )

    def _events(self, door_id: str, device_id: str, told: Span, found: "_Gathered") -> None:
        wanted = {"account": self._account, "door": door_id, "start": told.start, "end": told.end}
        for key, at, event_type, side, actor, meaning, outcome in self._conn.execute(_EVENTS, wanted).all():
            if meaning == Meaning.GRANT.value:
                found.grant_outcomes[key] = outcome
            found.events.append(_event(key, device_id, at, event_type, side, actor))

    def _carried(self, door_id: str, device_id: str, start: Micros) -> list[AccessEvent]:
        """The last lock event and the last contact event before the window."""
        rows = self._conn.execute(_LAST_STATES, {"account": self._account, "door": door_id, "start": start}).all()
        newest: dict[bool, Any] = {}
        for row in rows:
            kind = row.meaning in _LOCK
            if kind not in newest or (row.at, row.event_id) > (newest[kind].at, newest[kind].event_id):
                newest[kind] = row
        return [
            _event(row.event_id, device_id, row.at, row.event_type, row.side, row.actor_name) for row in newest.values()
        ]

    def _covered(self, pacs_id: str, span: Span) -> tuple[Span, ...]:
        """The PACS's coverage around a window, read once for all doors that it governs."""
        known = self._pacs_spans.get(pacs_id)
        if known is None or known[0].start > span.start or known[0].end < span.end:
            wide = span if known is None else Span(min(known[0].start, span.start), max(known[0].end, span.end))
            spans = coverage.pacs_spans(self._conn, self._account, pacs_id, wide.start, wide.end)
            known = self._pacs_spans[pacs_id] = (wide, spans)
        return tuple(one for one in known[1] if one.start <= span.end and one.end >= span.start)


def read_inputs(
    conn: Connection, account: str, door_id: str, start: Micros, end: Micros, *, oldest: Micros | None = None
) -> DoorInputs:
    """The inputs of one door in one window, as `WindowReader.read` reads them. Raises UnknownError."""
    return WindowReader(conn, account, [door_id], oldest=oldest).read(door_id, start, end).inputs


def _places(conn: Connection, account: str, door_ids: Sequence[str]) -> dict[str, _Place]:
    found: dict[str, _Place] = {}
    mapped = configuration.mappings_of(conn, account, door_ids).versions
    for piece in chunks(door_ids):
        wanted = {"account": account, "doors": piece}
        versions: dict[str, list[PolicyVersion]] = {}
        for door_id, valid_from, policy in conn.execute(_POLICIES, wanted):
            versions.setdefault(door_id, []).append(PolicyVersion(valid_from, policy_from_mapping(policy)))
        for door_id, device_id, pacs_id, covered_until, subscribed in conn.execute(_PLACES, wanted):
            found[door_id] = _Place(
                pacs_id,
                device_id,
                covered_until,
                None if subscribed is None else frozenset(subscribed),
                tuple(versions.get(door_id, ())),
                tuple(mapped.get(door_id, ())),
            )
    return found


def _event(
    event_id: str, device_id: str, at: Micros, event_type: str, side: str | None, actor: str | None
) -> AccessEvent:
    return AccessEvent(event_id, device_id, at, event_type, Direction(side) if side else None, actor_name=actor)


def _last_states() -> Any:
    """For each lock and contact meaning the last event of a door before a time: one probe of the index each."""
    table = access_events.c
    probes = []
    for meaning in (*_LOCK, *_CONTACT):
        probe = (
            select(table.event_id, table.at, table.event_type, table.side, table.actor_name, table.meaning)
            .where(
                table.account_id == bindparam("account"),
                table.door_id == bindparam("door"),
                table.meaning == meaning.value,
                table.at < bindparam("start"),
            )
            .order_by(table.at.desc(), table.event_id.desc())
            .limit(1)
        )
        probes.append(select(*probe.subquery().c))
    return union_all(*probes)


def _of_door(table: Any) -> Any:
    return and_(
        table.c.account_id == bindparam("account"),
        table.c.door_id == bindparam("door"),
        table.c.at >= bindparam("start"),
        table.c.at <= bindparam("end"),
    )


_CROSSINGS: Select[Any] = (
    select(
        crossings.c.crossing_id,
        crossings.c.camera_id,
        crossings.c.track,
        crossings.c.at,
        crossings.c.direction,
        crossings.c.confidence,
        crossings.c.continuous,
        crossings.c.possible,
        crossings.c.outcome,
        crossings.c.grant_id,
    )
    .where(_of_door(crossings))
    .order_by(crossings.c.at, crossings.c.crossing_id)
)
_EVENTS: Select[Any] = (
    select(
        access_events.c.event_id,
        access_events.c.at,
        access_events.c.event_type,
        access_events.c.side,
        access_events.c.actor_name,
        access_events.c.meaning,
        access_events.c.outcome,
    )
    # Each meaning by name: the index has the meaning before the time.
    .where(_of_door(access_events), access_events.c.meaning.in_([meaning.value for meaning in Meaning]))
    .order_by(access_events.c.at, access_events.c.event_id)
)
_LAST_STATES = _last_states()
_PLACES: Select[Any] = select(
    doors.c.door_id, doors.c.device_id, doors.c.pacs_id, pacs.c.covered_until, pacs.c.subscribed
).where(
    doors.c.account_id == bindparam("account"),
    doors.c.door_id.in_(bindparam("doors", expanding=True)),
    pacs.c.account_id == doors.c.account_id,
    pacs.c.pacs_id == doors.c.pacs_id,
)
_POLICIES: Select[Any] = (
    select(policies.c.door_id, policies.c.valid_from, policies.c.policy)
    .where(policies.c.account_id == bindparam("account"), policies.c.door_id.in_(bindparam("doors", expanding=True)))
    .order_by(policies.c.valid_from)
)
