"""What must hold between rows of a database, whatever happened to it; every question only reads.

Each function answers for all accounts on the connection's snapshot, so a running server does not disturb it. What is
found never repeats a secret, only the id of the row that has it.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError

from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import Micros, to_iso
from doorwatch.store.engine import engines, migrate, numbers
from doorwatch.store.engine.errors import StoreError
from doorwatch.store.engine.identity import door_id_of
from doorwatch.store.engine.sql import chunks
from doorwatch.store.moments import MomentKind, is_kind
from doorwatch.store.schema.happenings import (
    EVENT_KINDS,
    TALLIED,
    counters,
    crossings,
    dirty_doors,
    incidents,
    moments,
    stories,
    tallies,
)
from doorwatch.store.schema.people import sessions, tokens, users
from doorwatch.store.schema.places import accounts, doors
from doorwatch.store.tallies import MARK, NOWHERE, PART, PIECE

SAMPLE = 2000
"""So many of the newest moments of each kind are compared with what they show."""

TALLIES = 8
"""So many of the newest quarters of days are counted."""

_NONE = [0] * TALLIED
_PIECE = 500
_SHOWN_PREFIX = 8
_GONE = (IncidentState.WITHDRAWN.value, IncidentState.EXPLAINED.value)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Found:
    """How much was looked at, and what is wrong, one phrase each."""

    looked_at: int
    wrong: tuple[str, ...] = ()


Question = Callable[[Connection], Found]


@contextmanager
def read_only(address: str) -> Iterator[Engine]:
    """An engine on an existing database that cannot write to it, and leaves its tables as they are.

    Raises StoreError when there is no such database, or its server can't be reached. A SQLite file is opened by the
    first question, so that a damaged one is an answer.
    """
    url = engines.parse_address(address)
    is_file = url.get_backend_name() == "sqlite"
    if is_file and not Path(str(url.database)).is_file():
        raise StoreError(f"there is no database {url.database}: name the installation's --data-dir or its database")
    engine = engines.reading_engine(url, 1)
    try:
        if not is_file:
            _reach(engine)
        yield engine
    finally:
        engine.dispose()


def _reach(engine: Engine) -> None:
    try:
        engine.connect().close()
    except DBAPIError as error:
        raise engines.explain(error, engine.url) from error


def sound(conn: Connection, *, thorough: bool = False) -> Found:
    """SQLite's own check of its file; PostgreSQL guards its pages itself."""
    if conn.dialect.name != "sqlite":
        return Found(0)
    pragma = "integrity_check" if thorough else "quick_check"
    said = [str(row[0]) for row in conn.exec_driver_sql(f"PRAGMA {pragma}(20)")]
    return Found(1, () if said == ["ok"] else tuple(said))


def references_hold(conn: Connection) -> Found:
    """Every reference of a row leads to a row; PostgreSQL refuses any other."""
    if conn.dialect.name != "sqlite":
        return Found(0)
    rows = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
    return Found(1, tuple(f"a row of {row[0]} refers to a row that {row[2]} does not have" for row in rows))


def schema_current(conn: Connection) -> Found:
    """The tables are those of this version."""
    has, wanted = migrate.revision(conn), migrate.known()[0]
    if has == wanted:
        return Found(1)
    return Found(1, (f"the tables are of revision {has or 'none'}, this version needs {wanted}",))


def members_exist(conn: Connection) -> Found:
    """The crossings and grants that incidents name are stored."""
    looked_at, wrong = 0, []
    same = and_(doors.c.account_id == incidents.c.account_id, doors.c.door_id == incidents.c.door_id)
    columns = (incidents.c.account_id, incidents.c.incident_id, incidents.c.crossing_ids, incidents.c.grant_ids)
    query = select(*columns, doors.c.pacs_id).join_from(incidents, doors, same)
    for rows in conn.execute(query.order_by(incidents.c.account_id, incidents.c.incident_id)).partitions(_PIECE):
        looked_at += len(rows)
        seen: dict[str, set[str]] = defaultdict(set)
        granted: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows:
            seen[row.account_id].update(row.crossing_ids)
            granted[row.account_id, row.pacs_id].update(row.grant_ids)
        lacking = {
            key: ids - _existing(conn, crossings.c.crossing_id, ids, account_id=key) for key, ids in seen.items()
        }
        unknown = {
            key: ids - _existing(conn, moments.c.name, ids, origin=numbers.of_pacs(conn, *key))
            for key, ids in granted.items()
        }
        for row in rows:
            wrong += _absent(row.incident_id, "crossing", row.crossing_ids, lacking[row.account_id])
            wrong += _absent(row.incident_id, "grant", row.grant_ids, unknown[row.account_id, row.pacs_id])
    return Found(looked_at, tuple(wrong))


def _absent(incident_id: str, what: str, ids: Iterable[str], lacking: set[str]) -> list[str]:
    return [f"incident {incident_id} names the {what} {one}, which is not stored" for one in ids if one in lacking]


def _existing(conn: Connection, column: ColumnElement[Any], ids: set[str], **key: str | int) -> set[str]:
    table: Any = column.table
    found: set[str] = set()
    for piece in chunks(sorted(ids)):
        query = select(column).where(column.in_(piece), *(table.c[name] == value for name, value in key.items()))
        found.update(conn.execute(query).scalars())
    return found


def excess_counted_once(conn: Connection) -> Found:
    """No excess entry is in two incidents that both stand."""
    query = select(incidents.c.account_id, incidents.c.incident_id, incidents.c.excess_crossing_ids).where(
        incidents.c.state.not_in(_GONE), incidents.c.superseded_by.is_(None)
    )
    holder: dict[tuple[str, str], str] = {}
    looked_at, wrong = 0, []
    for row in conn.execute(query.order_by(incidents.c.start, incidents.c.incident_id)):
        looked_at += 1
        for crossing_id in row.excess_crossing_ids:
            first = holder.setdefault((row.account_id, crossing_id), row.incident_id)
            if first != row.incident_id:
                wrong.append(f"crossing {crossing_id} is in the incidents {first} and {row.incident_id}")
    return Found(looked_at, tuple(wrong))


def doors_served(conn: Connection, *, since: Micros) -> Found:
    """No door's change waits for its verdict since before `since`."""
    rows = conn.execute(select(dirty_doors).order_by(dirty_doors.c.marked_at)).all()
    late = [row for row in rows if row.marked_at < since and row.due_at < since]
    failing = [row for row in rows if row.marked_at < since <= row.due_at]
    wrong = [
        f"door {row.door_id} waits for its verdict since {to_iso(row.marked_at, 0)}: see whether its server runs"
        for row in late
    ]
    wrong += [
        f"door {row.door_id} is tried again and again since {to_iso(row.marked_at, 0)}: the server's log says why"
        for row in failing
    ]
    return Found(len(rows), tuple(wrong))


_SHOWN = (
    (
        MomentKind.CROSSING,
        crossings,
        "crossing_id",
        {"at": "at", "direction": "direction", "outcome": "outcome"},
    ),
    (
        MomentKind.INCIDENT,
        incidents,
        "incident_id",
        {name: name for name in ("state", "review", "people", "grants", "excess")} | {"at": "start"},
    ),
)


def moments_complete(conn: Connection) -> Found:
    """Everything that search should find has its moment, and moments say what they show.

    An access event is its own moment: it must have its door and its story. Numbers are compared in full, contents for
    the newest `SAMPLE` of each kind.
    """
    looked_at, wrong = 0, []
    for kind, table, key, columns in _SHOWN:
        there, shown = _counts(conn, table), _shown(conn, kind)
        looked_at += sum(there.values())
        if there != shown:
            wrong += _unshown(conn, kind, table, key)
            wrong += _of_nothing(conn, kind, table, key, None)
        wrong += [phrase for phrase in _of_nothing(conn, kind, table, key, columns) if phrase not in wrong]
    events, incomplete = _events_without(conn)
    return Found(looked_at + events, (*wrong, *incomplete))


def _counts(conn: Connection, table: Table) -> Counter[str]:
    query = select(table.c.account_id, func.count()).group_by(table.c.account_id)
    return Counter({str(account): int(number) for account, number in conn.execute(query)})


_same_account = accounts.c.number == moments.c.account


def _shown(conn: Connection, kind: MomentKind) -> Counter[str]:
    query = select(accounts.c.account_id, func.count()).join_from(moments, accounts, _same_account)
    rows = conn.execute(query.where(is_kind(kind)).group_by(accounts.c.account_id))
    return Counter({str(account): int(number) for account, number in rows})


def _unshown(conn: Connection, kind: MomentKind, table: Table, key: str) -> list[str]:
    shown = (
        select(literal(1))
        .join_from(moments, accounts, _same_account)
        .where(
            accounts.c.account_id == table.c.account_id,
            moments.c.origin == -accounts.c.number,
            moments.c.name == literal(f"{kind.value}:") + table.c[key],
        )
    )
    rows = conn.execute(select(table.c[key]).where(~shown.correlate(table).exists()))
    return [f"{kind.value} {row[0]} has no moment: search does not find it" for row in rows]


def _of_nothing(
    conn: Connection, kind: MomentKind, table: Table, key: str, columns: dict[str, str] | None
) -> list[str]:
    """Moments without what they show; with `columns`, the newest of them that say something else than it."""
    newest = select(moments, accounts.c.account_id).join_from(moments, accounts, _same_account).where(is_kind(kind))
    if columns is not None:
        newest = newest.order_by(moments.c.at.desc()).limit(SAMPLE)
    said = newest.subquery()
    same = and_(said.c.account_id == table.c.account_id, said.c[key] == table.c[key])
    there = and_(doors.c.account_id == table.c.account_id, doors.c.door_id == table.c.door_id)
    lost = table.c.account_id.is_(None)
    differ = [said.c[own].is_distinct_from(table.c[its]) for own, its in (columns or {}).items()]
    if columns is not None:
        differ.append(said.c.door_id.is_distinct_from(doors.c.number))
    joined = select(said.c.name, lost.label("lost")).outerjoin_from(said, table, same).outerjoin(doors, there)
    return [
        f"moment {row.name} shows {'nothing that is stored' if row.lost else f'another {kind.value} than is stored'}"
        for row in conn.execute(joined.where(or_(lost, *differ)))
    ]


def _events_without(conn: Connection) -> tuple[int, list[str]]:
    """How many access events there are, and the newest of them that lack their door or their story."""
    query = select(func.count()).select_from(moments).where(is_kind(MomentKind.ACCESS_EVENT))
    events: int = conn.execute(query).scalar_one()
    newest = select(moments).where(is_kind(MomentKind.ACCESS_EVENT)).order_by(moments.c.number.desc()).limit(SAMPLE)
    said = newest.subquery()
    of_door = doors.c.number == said.c.door_id
    of_story = and_(stories.c.account_id == doors.c.account_id, stories.c.story == said.c.story)
    joined = select(said.c.name, doors.c.door_id).outerjoin_from(said, doors, of_door).outerjoin(stories, of_story)
    rows = conn.execute(joined.where(stories.c.story.is_(None)))
    return events, [
        f"access event {row.name} has no {'door' if row.door_id is None else 'type'}: search can't name it"
        for row in rows
    ]


def moments_tallied(conn: Connection) -> Found:
    """The counts of moments by door and half hour are those of the moments, in the newest `TALLIES` quarters of days."""
    looked_at, wrong = 0, []
    newest = select(tallies.c.part).distinct().order_by(tallies.c.part.desc()).limit(TALLIES)
    for part in conn.execute(newest).scalars().all():
        told, there = _told(conn, part), _there(conn, part * PART)
        looked_at += sum(sum(counts) for counts in there.values())
        wrong += [
            f"from {to_iso(part * PART, 0)} on {sum(told.get(key, _NONE))} moments are told at "
            f"{door_id_of(key[1]) if key[1] else 'no door'}, and {sum(there.get(key, _NONE))} are there"
            for key in sorted(told.keys() | there.keys())
            if told.get(key, _NONE) != there.get(key, _NONE)
        ]
    return Found(looked_at, tuple(wrong))


def _told(conn: Connection, part: int) -> dict[tuple[int, int], list[int]]:
    """The account's and the door's number to the counts of a row of tallies."""
    counts = [tallies.c[f"moments{half}"] for half in range(TALLIED)]
    same = accounts.c.account_id == tallies.c.account_id
    query = select(accounts.c.number, tallies.c.door, *counts).join_from(tallies, accounts, same)
    return {(row[0], row[1]): list(row[2:]) for row in conn.execute(query.where(tallies.c.part == part))}


def _there(conn: Connection, start: Micros) -> dict[tuple[int, int], list[int]]:
    """The same of what is there; events that are not counted yet are left out."""
    half = (moments.c.at - start) // PIECE
    door = func.coalesce(type_coerce(moments.c.door_id, BigInteger), NOWHERE)
    mark = and_(counters.c.account_id == accounts.c.account_id, counters.c.name == MARK)
    counted = moments.c.account * (1 << numbers.COUNT_BITS) + func.coalesce(counters.c.value, 0)
    query = (
        select(moments.c.account, door, half, func.count())
        .join_from(accounts, moments, moments.c.account == accounts.c.number)
        .outerjoin(counters, mark)
        .where(moments.c.at >= start, moments.c.at < start + PART)
        .where(or_(moments.c.kind >= EVENT_KINDS, moments.c.number <= counted))
        .group_by(moments.c.account, door, half)
    )
    found: dict[tuple[int, int], list[int]] = {}
    for account, number, which, count in conn.execute(query):
        found.setdefault((account, number), [0] * TALLIED)[which] = count
    return found


def secrets_hashed(conn: Connection) -> Found:
    """Passwords, tokens and sessions are kept as hashes only."""
    people = conn.execute(select(users.c.user_id, users.c.password_hash)).all()
    keys = conn.execute(select(tokens.c.token_id, tokens.c.token_hash, tokens.c.prefix)).all()
    signed_in = conn.execute(select(sessions.c.user_id, sessions.c.session_hash)).all()
    wrong = [
        f"the password of user {row.user_id} is not kept as an argon2id hash"
        for row in people
        if row.password_hash is not None and not row.password_hash.startswith("$argon2id$")
    ]
    wrong += [
        f"token {row.token_id} is kept readable"
        for row in keys
        if not _SHA256.fullmatch(row.token_hash) or len(row.prefix) > _SHOWN_PREFIX
    ]
    wrong += [f"a session of user {row.user_id} is kept readable" for row in signed_in if not _SHA256.fullmatch(row[1])]
    return Found(len(people) + len(keys) + len(signed_in), tuple(wrong))


def all_doors(conn: Connection) -> list[tuple[str, str]]:
    """(account, door id) of every door of the installation."""
    query = select(doors.c.account_id, doors.c.door_id).order_by(doors.c.account_id, doors.c.door_id)
    return [(row.account_id, row.door_id) for row in conn.execute(query)]


def unsettled_from(conn: Connection) -> dict[tuple[str, str], Micros]:
    """(account, door id) to the earliest input whose verdict is still to be looked at."""
    query = select(dirty_doors.c.account_id, dirty_doors.c.door_id, dirty_doors.c.changed_from)
    return {(row.account_id, row.door_id): row.changed_from for row in conn.execute(query)}
