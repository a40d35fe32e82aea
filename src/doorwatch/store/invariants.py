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

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, func, literal, or_, select
from sqlalchemy.exc import DBAPIError

from doorwatch.domain.incident import IncidentState
from doorwatch.domain.time import Micros, to_iso
from doorwatch.store import engines, migrate
from doorwatch.store.errors import StoreError
from doorwatch.store.moments import MomentKind
from doorwatch.store.schema.happenings import access_events, crossings, dirty_doors, incidents, moments
from doorwatch.store.schema.people import sessions, tokens, users
from doorwatch.store.schema.places import doors
from doorwatch.store.sql import chunks

SAMPLE = 2000
"""So many of the newest moments of each kind are compared with what they show."""

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
            key: ids - _existing(conn, access_events.c.event_id, ids, account_id=key[0], pacs_id=key[1])
            for key, ids in granted.items()
        }
        for row in rows:
            wrong += _absent(row.incident_id, "crossing", row.crossing_ids, lacking[row.account_id])
            wrong += _absent(row.incident_id, "grant", row.grant_ids, unknown[row.account_id, row.pacs_id])
    return Found(looked_at, tuple(wrong))


def _absent(incident_id: str, what: str, ids: Iterable[str], lacking: set[str]) -> list[str]:
    return [f"incident {incident_id} names the {what} {one}, which is not stored" for one in ids if one in lacking]


def _existing(conn: Connection, column: ColumnElement[Any], ids: set[str], **key: str) -> set[str]:
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
        MomentKind.ACCESS_EVENT,
        access_events,
        literal("event:") + access_events.c.pacs_id + ":" + access_events.c.event_id,
        ("pacs_id", "event_id"),
        {"at": "at", "door_id": "door_id", "event_type": "event_type"},
    ),
    (
        MomentKind.CROSSING,
        crossings,
        literal("crossing:") + crossings.c.crossing_id,
        ("crossing_id",),
        {"at": "at", "door_id": "door_id", "direction": "direction", "outcome": "outcome"},
    ),
    (
        MomentKind.INCIDENT,
        incidents,
        literal("incident:") + incidents.c.incident_id,
        ("incident_id",),
        {name: name for name in ("door_id", "state", "review", "people", "grants", "excess")} | {"at": "start"},
    ),
)


def moments_complete(conn: Connection) -> Found:
    """Everything that search should find has its moment, and moments say what they show.

    Numbers are compared in full, contents for the newest `SAMPLE` of each kind.
    """
    looked_at, wrong = 0, []
    for kind, table, moment_id, key, columns in _SHOWN:
        there, shown = _counts(conn, table), _counts(conn, moments, moments.c.kind == kind.value)
        looked_at += sum(there.values())
        if there != shown:
            wrong += _unshown(conn, kind, table, moment_id, key)
            wrong += _of_nothing(conn, kind, table, key, None)
        wrong += [phrase for phrase in _of_nothing(conn, kind, table, key, columns) if phrase not in wrong]
    return Found(looked_at, tuple(wrong))


def _counts(conn: Connection, table: Table, *conditions: ColumnElement[bool]) -> Counter[str]:
    query = select(table.c.account_id, func.count()).where(*conditions).group_by(table.c.account_id)
    return Counter({str(account): int(number) for account, number in conn.execute(query)})


def _unshown(
    conn: Connection, kind: MomentKind, table: Table, moment_id: ColumnElement[str], key: tuple[str, ...]
) -> list[str]:
    shown = select(literal(1)).where(moments.c.account_id == table.c.account_id, moments.c.moment_id == moment_id)
    rows = conn.execute(select(*(table.c[name] for name in key)).where(~shown.correlate(table).exists()))
    return [f"{kind.value} {row[-1]} has no moment: search does not find it" for row in rows]


def _of_nothing(
    conn: Connection, kind: MomentKind, table: Table, key: tuple[str, ...], columns: dict[str, str] | None
) -> list[str]:
    """Moments without what they show; with `columns`, the newest of them that say something else than it."""
    newest = select(moments).where(moments.c.kind == kind.value)
    if columns is not None:
        newest = newest.order_by(moments.c.at.desc()).limit(SAMPLE)
    said = newest.subquery()
    same = and_(said.c.account_id == table.c.account_id, *(said.c[name] == table.c[name] for name in key))
    lost = table.c.account_id.is_(None)
    differ = [said.c[own].is_distinct_from(table.c[its]) for own, its in (columns or {}).items()]
    query = select(said.c.moment_id, lost.label("lost")).outerjoin_from(said, table, same).where(or_(lost, *differ))
    return [
        f"moment {row.moment_id} shows {'nothing that is stored' if row.lost else f'another {kind.value} than is stored'}"
        for row in conn.execute(query)
    ]


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
