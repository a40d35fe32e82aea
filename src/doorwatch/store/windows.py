"""Doors' windows: everything that the rule reads about doors in some time, as one snapshot.

The watch looks at a thousand doors every few seconds, and asking costs far more than finding: what several doors need
is asked once for all of them, and every question is built once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, func, literal, select, true, union_all

from doorwatch.domain.access import AccessEvent, Direction, Meaning
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.policy import policy_from_mapping
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.domain.verdict import CameraVersion, DoorInputs, PolicyVersion, Span, pacs_span
from doorwatch.store import access_events, configuration, coverage, pools
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.sql import Stretch, asked_stretches, chunks, of_each, stretches_for
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import actors, crossings, moments, stories
from doorwatch.store.schema.places import doors, pacs, policies

_LOCK = tuple(
    EVENT_CODES[meaning] for meaning in (Meaning.UNLOCKED_BY_SCHEDULE, Meaning.UNLOCKED_BY_OPERATOR, Meaning.LOCKED)
)
_CONTACT = (EVENT_CODES[Meaning.OPENED], EVENT_CODES[Meaning.CLOSED])

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


class _Part(NamedTuple):
    """A door for the time in which it is judged as `door_id`: which crossings and which events are wanted of it."""

    door_id: str
    part_id: str
    device_id: str
    seen: Span
    told: Span


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
        """One door's window, as `read_many` reads it."""
        return self.read_many({door_id: Span(start, end)})[door_id]

    def read_many(self, wanted: Mapping[str, Span]) -> dict[str, DoorWindow]:
        """What the rule needs about doors in these times on the cameras' clock, both ends included.

        Events are read for the same stretch on the PACS's clock, as far as the rule reads them; `carried` are the
        last lock and the last contact event before that. Crossings come without their trails. Coverage intervals are
        whole, so they may begin before and end after the window. Nothing comes in order. Raises UnknownError.
        """
        parts = [part for door_id, span in wanted.items() for part in self._parts(door_id, span)]
        gathered = {door_id: _Gathered() for door_id in wanted}
        for part in parts:
            gathered[part.door_id].parts.setdefault(part.part_id)
        if parts:
            self._crossings(parts, gathered)
            self._events(parts, gathered)
            self._carried(parts, gathered)
        mappings = {
            door_id: {part: self._place(part).mappings for part in found.parts} for door_id, found in gathered.items()
        }
        watched = self._watched(wanted, gathered, mappings)
        return {
            door_id: DoorWindow(
                self._inputs(door_id, span, gathered[door_id], mappings[door_id], watched.get(number, {})),
                self._place(door_id).pacs_id,
                gathered[door_id].crossing_outcomes,
                gathered[door_id].grant_outcomes,
            )
            for number, (door_id, span) in enumerate(wanted.items())
        }

    def _inputs(
        self,
        door_id: str,
        span: Span,
        found: "_Gathered",
        mapped: Mapping[str, tuple[CameraVersion, ...]],
        watched: Mapping[str, tuple[Span, ...]],
    ) -> DoorInputs:
        place = self._place(door_id)
        leaves = {self._place(part).device_id: part for part in found.parts}
        pooled = len(leaves) > 1
        return DoorInputs(
            self._account,
            door_id,
            found.events,
            found.crossings,
            place.policies,
            place.mappings,
            watched,
            None if place.covered_until is None else self._covered(place.pacs_id, _around(span)),
            place.subscribed,
            found.carried,
            leaves if pooled else {},
            self._oldest,
            mapped if pooled else {},
        )

    def _parts(self, door_id: str, wanted: Span) -> list[_Part]:
        """The door, and those that are judged as it, for the times in which they are."""
        told = pacs_span(wanted, self._place(door_id).policies)
        found = []
        for part, held in self._pools.parts(door_id):
            here = Span(max(wanted.start, held.start), min(wanted.end, held.end))
            then = Span(max(told.start, held.start), min(told.end, held.end))
            if here.start <= here.end or then.start <= then.end:
                found.append(_Part(door_id, part, self._place(part).device_id, here, then))
        return found

    def _watched(
        self,
        wanted: Mapping[str, Span],
        gathered: Mapping[str, "_Gathered"],
        mapped: Mapping[str, Mapping[str, tuple[CameraVersion, ...]]],
    ) -> Mapping[int, Mapping[str, tuple[Span, ...]]]:
        """For each door, by its position, the coverage of all cameras that may have seen something there."""
        asked = []
        for number, (door_id, span) in enumerate(wanted.items()):
            around = _around(span)
            watching = {
                camera for versions in mapped[door_id].values() for version in versions for camera in version.cameras
            }
            watching.update(crossing.camera for crossing in gathered[door_id].crossings)
            asked += [Stretch(number, camera, around.start, around.end) for camera in sorted(watching)]
        return coverage.camera_spans(self._conn, self._account, asked) if asked else {}

    def _place(self, door_id: str) -> _Place:
        place = self._places.get(door_id)
        if place is None:
            raise UnknownError("there is no such door")
        return place

    def _ask(self, query: Select[Any], asked: Sequence[Stretch]) -> Sequence[Any]:
        wanted = {"account": self._account, **stretches_for(self._conn, asked)}
        return self._conn.execute(query, wanted).all()

    def _crossings(self, parts: Sequence[_Part], gathered: Mapping[str, "_Gathered"]) -> None:
        asked = [Stretch(number, part.part_id, *part.seen) for number, part in enumerate(parts)]
        for row in self._ask(_crossings_query(self._conn.dialect.name), asked):
            number, key, camera, track, at, way, confidence, continuous, possible, outcome, grant = row
            if key is None:
                continue
            found = gathered[parts[number].door_id]
            found.crossing_outcomes[key] = (outcome, grant)
            direction = Direction.IN if way == "in" else Direction.OUT
            found.crossings.append(
                Crossing(key, parts[number].part_id, camera, track, at, direction, confidence, continuous, possible)
            )

    def _events(self, parts: Sequence[_Part], gathered: Mapping[str, "_Gathered"]) -> None:
        asked = [Stretch(number, part.part_id, *part.told) for number, part in enumerate(parts)]
        for row in self._ask(_events_query(self._conn.dialect.name), asked):
            number, key, at, event_type, side, actor, kind, outcome = row
            if key is None or event_type is None:  # nothing found, or a damaged one, which `check` tells of
                continue
            found = gathered[parts[number].door_id]
            if kind == EVENT_CODES[Meaning.GRANT]:
                found.grant_outcomes[key] = outcome
            found.events.append(_event(key, parts[number].device_id, at, event_type, side, actor))

    def _carried(self, parts: Sequence[_Part], gathered: Mapping[str, "_Gathered"]) -> None:
        """The last lock event and the last contact event before each window."""
        asked = [Stretch(number, part.part_id, part.told.start, part.told.start) for number, part in enumerate(parts)]
        newest: dict[tuple[int, bool], Any] = {}
        for row in self._ask(_last_states_query(self._conn.dialect.name), asked):
            if row.event_id is None or row.event_type is None:
                continue
            which = (row.number, row.kind in _LOCK)
            if which not in newest or (row.at, row.event_id) > (newest[which].at, newest[which].event_id):
                newest[which] = row
        for (number, _), row in newest.items():
            event = _event(row.event_id, parts[number].device_id, row.at, row.event_type, row.side, row.actor_name)
            gathered[parts[number].door_id].carried.append(event)

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


def _around(span: Span) -> Span:
    return Span(span.start - _BEYOND, span.end + _BEYOND)


@cache
def _crossings_query(dialect: str) -> Select[Any]:
    asked, table = asked_stretches(dialect), crossings.c
    wanted = (
        table.crossing_id,
        table.camera_id,
        table.track,
        table.at,
        table.direction,
        table.confidence,
        table.continuous,
        table.possible,
        table.outcome,
        table.grant_id,
    )
    these = and_(
        table.account_id == bindparam("account"),
        table.door_id == asked.c.key,
        table.at >= asked.c.start,
        table.at <= asked.c.end,
    )
    return of_each(asked, crossings, these, wanted)


@cache
def _events_query(dialect: str) -> Select[Any]:
    asked, table = asked_stretches(dialect), moments.c
    these = and_(
        table.door_id == doors.c.number,
        # Each kind by its code: the index has the kind before the time.
        table.kind.in_([EVENT_CODES[meaning] for meaning in Meaning]),
        table.at >= asked.c.start,
        table.at <= asked.c.end,
    )
    return _told(of_each(asked, moments, these, access_events.EVENT_COLUMNS, _with_doors(asked)))


@cache
def _last_states_query(dialect: str) -> Select[Any]:
    """For each lock and contact meaning the last events of a door before a time: one probe of the index each."""
    asked, table, older = asked_stretches(dialect), moments.c, moments.alias().c
    kinds = union_all(*(select(literal(code).label("kind")) for code in (*_LOCK, *_CONTACT))).subquery()
    last = (
        select(func.max(older.at))
        .where(older.door_id == doors.c.number, older.kind == kinds.c.kind, older.at < asked.c.start)
        .correlate(asked, doors, kinds)
        .scalar_subquery()
    )
    these = and_(table.door_id == doors.c.number, table.kind == kinds.c.kind, table.at == last)
    beside = _with_doors(asked).outerjoin(kinds, true())
    return _told(of_each(asked, moments, these, access_events.EVENT_COLUMNS, beside))


def _with_doors(asked: Any) -> Any:
    """What is asked with the doors' numbers, by which moments know them."""
    return asked.outerjoin(doors, and_(doors.c.account_id == bindparam("account"), doors.c.door_id == asked.c.key))


def _told(query: Select[Any]) -> Select[Any]:
    """Moments with what their stories and people say."""
    account: Any = bindparam("account")
    return query.outerjoin(stories, access_events.story_of_row(account)).outerjoin(
        actors, access_events.person_of_row(account)
    )


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
