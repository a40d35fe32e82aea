"""Moments read whole: the newest, those after a number, those with an id, and the question for rows of any others."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from doorwatch.domain.appearance import UNKNOWN
from doorwatch.domain.labels import person_labels, words_of
from doorwatch.store import appearances
from doorwatch.store.engine import numbers
from doorwatch.store.engine.sql import chunks
from doorwatch.store.moments import CODES, Moment, MomentKind, at_places, event_moment_id, place_of
from doorwatch.store.schema.happenings import actors, counters, member_sets, moments, stories
from doorwatch.store.schema.places import doors

_KINDS = {code: kind for kind, codes in CODES.items() for code in codes}
_MOST_CODE = max(CODES[MomentKind.ACCESS_EVENT])
_COUNTED = (1 << numbers.COUNT_BITS) - 1
"""The part of a moment's number that counts within its account."""


def newest(conn: Connection, account: str, limit: int = 50, only: ColumnElement[bool] | None = None) -> list[Moment]:
    """The moments that happened last, the newest first; `only` is a further condition."""
    query = query_of(account).where(moments.c.account == numbers.of_account(conn, account))
    query = query if only is None else query.where(only)
    query = query.order_by(moments.c.at.desc(), moments.c.number.desc()).limit(limit)
    return [from_row(row) for row in conn.execute(query)]


def since(conn: Connection, account: str, sequence: int, limit: int = 500) -> list[Moment]:
    """Moments that were written or changed after a sequence number, in the order of commits."""
    first = numbers.first_moment(conn, account)
    found: list[Moment] = []
    for column, which in ((moments.c.number, moments.c.changed.is_(None)), (moments.c.changed, None)):
        # The numbers say whose moments they are: asked for the account besides, SQLite would read all that it has.
        query = query_of(account).where(column > first + sequence, column < first + (1 << numbers.COUNT_BITS))
        query = query if which is None else query.where(which)
        found += [from_row(row) for row in conn.execute(query.order_by(column).limit(limit))]
    return sorted(found, key=lambda moment: moment.sequence)[:limit]


def written_since(conn: Connection, account: str, number: int, limit: int = 500) -> list[Moment]:
    """Moments that were first written after a number, as they are now, in the order in which they were written."""
    first = numbers.first_moment(conn, account)
    mine = (moments.c.number > first + number, moments.c.number < first + (1 << numbers.COUNT_BITS))
    query = query_of(account).where(*mine).order_by(moments.c.number).limit(limit)
    return [from_row(row) for row in conn.execute(query)]


def last_sequence(conn: Connection, account: str) -> int:
    """The newest sequence number; 0 when there is no moment."""
    query = select(counters.c.value).where(counters.c.account_id == account, counters.c.name == "moments")
    return int(conn.execute(query).scalar() or 0)


def get_many(conn: Connection, account: str, moment_ids: Sequence[str]) -> list[Moment]:
    """Moments by id, in time order; unknown ids are left out."""
    found: list[Moment] = []
    for piece in chunks(moment_ids):
        places = [place_of(conn, account, moment_id) for moment_id in piece]
        found += [from_row(row) for row in conn.execute(query_of(account).where(at_places(places)))]
    return sorted(found, key=lambda moment: (moment.at, moment.moment_id))


def count(conn: Connection, account: str) -> int:
    """How many moments the account has."""
    query = select(func.count()).select_from(moments).where(moments.c.account == numbers.of_account(conn, account))
    found: int = conn.execute(query).scalar_one()
    return found


_label_sets = member_sets.alias("label_sets")
_camera_sets = member_sets.alias("camera_sets")


@lru_cache(1024)
def query_of(account: str) -> Select[Any]:
    """A SELECT of moments that `from_row` understands; the caller adds whose they are, conditions and order."""
    return (
        select(
            moments,
            doors.c.name.label("door_name"),
            doors.c.pacs_id,
            _label_sets.c.members.label("labels"),
            _camera_sets.c.members.label("camera_ids"),
            actors.c.actor_id,
            actors.c.name.label("actor_name"),
            stories.c.event_type,
        )
        .outerjoin_from(moments, doors, doors.c.number == moments.c.door_id)
        .outerjoin(_label_sets, (_label_sets.c.account_id == account) & (_label_sets.c.set_id == moments.c.label_set))
        .outerjoin(
            _camera_sets, (_camera_sets.c.account_id == account) & (_camera_sets.c.set_id == moments.c.camera_set)
        )
        .outerjoin(actors, (actors.c.account_id == account) & (actors.c.actor_key == moments.c.actor_key))
        .outerjoin(stories, (stories.c.account_id == account) & (stories.c.story == moments.c.story))
    )


_SAME = (
    *("crossing_id", "incident_id", "direction", "outcome", "track", "review", "state", "people", "grants", "excess"),
    *("detail", "actor_id", "actor_name", "event_type", "picture"),
)


def from_row(row: Row[Any]) -> Moment:
    """A moment out of a row of `query_of`."""
    labels = (*(row.labels or ()), *person_labels(row.actor_id, row.actor_name))
    is_event = row.kind <= _MOST_CODE
    return Moment(
        event_moment_id(row.pacs_id, row.name) if is_event else row.name,
        (row.number if row.changed is None else row.changed) & _COUNTED,
        _KINDS[row.kind],
        row.at,
        row.arrived_at,
        row.door_id,
        row.door_name,
        tuple(row.camera_ids or ()),
        tuple(dict.fromkeys(labels)),
        title_of(row.event_type) if row.title is None else row.title,
        pacs_id=row.pacs_id if is_event else None,
        event_id=row.name if is_event else None,
        appearance=UNKNOWN if is_event else appearances.from_row(row),
        written=row.number & _COUNTED,
        **{name: getattr(row, name) for name in _SAME},
    )


@lru_cache(1024)
def title_of(event_type: str) -> str:
    """What an access event of a type is called."""
    return words_of(event_type).capitalize()
