"""What the writing connection read of tables that hardly change, kept until somebody writes to one of them.

Settings, webhooks, silences and names of places are wanted with every incident and change a few times a day. Only the
writer recalls: it sees every write of its own process go by, and SQLite tells it when another connection committed.
PostgreSQL does not tell, so there nothing is kept beyond the transaction. In a transaction that itself has written to
such a table nothing more is kept, for it may be taken back.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, event

from doorwatch.store.engine.prepared import run

T = TypeVar("T")

MOST_KEPT = 5_000

_KEPT = "doorwatch.recalled"
_WRITTEN = "doorwatch.recall_written"
_VERSION = "doorwatch.recall_version"
_ANY = "*"


def recalled(conn: Connection, key: Hashable, tables: tuple[Table, ...], read: Callable[[], T]) -> T:
    """What `read` answers; it reads these tables alone, and is asked once as long as nobody writes to them."""
    kept: dict[Hashable, tuple[frozenset[str], Any]] | None = conn.info.get(_KEPT)
    if kept is None:
        return read()
    found = kept.get(key)
    if found is not None:
        answer: T = found[1]
        return answer
    names = frozenset(table.name for table in tables)
    answer = read()
    written: set[str] = conn.info[_WRITTEN]
    if _ANY not in written and written.isdisjoint(names):
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = (names, answer)
    return answer


def watch(engine: Engine) -> None:
    """Forget what an engine's connections had read of a table that they write to."""
    event.listen(engine, "before_cursor_execute", _before)


def begin(conn: Connection) -> None:
    """A transaction of the writer has begun: what was recalled holds unless somebody else has written since."""
    conn.info[_WRITTEN] = set()
    if conn.dialect.name != "sqlite":
        conn.info[_KEPT] = {}
        return
    version = run(conn, "PRAGMA data_version", ()).fetchone()[0]
    if conn.info.get(_VERSION) != version or _KEPT not in conn.info:
        conn.info[_KEPT] = {}
    conn.info[_VERSION] = version


def _before(conn: Connection, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
    kept = conn.info.get(_KEPT)
    if kept is None or context is None or statement.startswith(("SELECT", "BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")):
        return
    compiled = getattr(context, "compiled", None)
    table = getattr(getattr(compiled, "statement", None), "table", None)
    name = table.name if isinstance(table, Table) else _ANY
    conn.info[_WRITTEN].add(name)
    for key in [key for key, (names, _) in kept.items() if name == _ANY or name in names]:
        del kept[key]
