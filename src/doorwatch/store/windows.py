"""A door's window: everything that the rule reads about one door in some time, as one snapshot."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from doorwatch.domain.access import AccessEvent, Meaning
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.domain.verdict import DoorInputs, Span, pacs_span
from doorwatch.store import access_events, configuration, coverage, crossings, doors, tenants
from doorwatch.store.schema.happenings import access_events as events_table
from doorwatch.store.schema.places import doors as doors_table

_LOCK = (Meaning.UNLOCKED_BY_SCHEDULE, Meaning.UNLOCKED_BY_OPERATOR, Meaning.LOCKED)
_CONTACT = (Meaning.OPENED, Meaning.CLOSED)

# Coverage is read this much beyond the window: a verdict is final only when the news have passed its last input.
_BEYOND = 10 * MINUTE


def read_inputs(
    conn: Connection,
    account: str,
    door_id: str,
    start: Micros,
    end: Micros,
    *,
    oldest: Micros | None = None,
) -> DoorInputs:
    """What the rule needs about a door from `start` to `end` on the cameras' clock, both included.

    Events are read for the same stretch on the PACS's clock; `carried` are the last lock and the last contact event
    before that. Coverage intervals are whole, so they may begin before and end after the window; `oldest` is passed
    on. Raises UnknownError.
    """
    door = doors.get_door(conn, account, door_id)
    system = tenants.get_pacs(conn, account, door.pacs_id)
    seen = [stored.crossing for stored in crossings.in_window(conn, account, door_id, start, end)]
    versions = configuration.mappings_of(conn, account, [door_id]).versions.get(door_id, ())
    watching = {camera for version in versions for camera in version.cameras} | {crossing.camera for crossing in seen}
    policies = configuration.policies_of(conn, account, door_id)
    told = pacs_span(Span(start, end), policies)
    return DoorInputs(
        account,
        door_id,
        _events(conn, account, door_id, told.start, told.end),
        seen,
        policies,
        versions,
        coverage.camera_spans(conn, account, watching, start - _BEYOND, end + _BEYOND),
        None
        if system.covered_until is None
        else coverage.pacs_spans(conn, account, door.pacs_id, start - _BEYOND, end + _BEYOND),
        None if system.subscribed is None else frozenset(system.subscribed),
        [
            event
            for meanings in (_LOCK, _CONTACT)
            if (event := _last_before(conn, account, door_id, told.start, meanings)) is not None
        ],
        oldest=oldest,
    )


def _query() -> Any:
    same = (doors_table.c.account_id == events_table.c.account_id) & (doors_table.c.door_id == events_table.c.door_id)
    return select(events_table, doors_table.c.device_id).join_from(events_table, doors_table, same)


def _events(conn: Connection, account: str, door_id: str, start: Micros, end: Micros) -> list[AccessEvent]:
    query = _query().where(
        events_table.c.account_id == account,
        events_table.c.door_id == door_id,
        events_table.c.meaning.is_not(None),
        events_table.c.at >= start,
        events_table.c.at <= end,
    )
    rows = conn.execute(query.order_by(events_table.c.at, events_table.c.event_id))
    return [access_events.event_from_row(row) for row in rows]


def _last_before(
    conn: Connection, account: str, door_id: str, start: Micros, meanings: Sequence[Meaning]
) -> AccessEvent | None:
    newest: AccessEvent | None = None
    for meaning in meanings:  # one probe of the index each, however long ago the last one was
        query = _query().where(
            events_table.c.account_id == account,
            events_table.c.door_id == door_id,
            events_table.c.meaning == meaning.value,
            events_table.c.at < start,
        )
        row = conn.execute(query.order_by(events_table.c.at.desc(), events_table.c.event_id.desc()).limit(1)).first()
        if row is not None and (newest is None or row.at > newest.at):
            newest = access_events.event_from_row(row)
    return newest
