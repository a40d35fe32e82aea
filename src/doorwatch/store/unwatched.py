"""Doors that no camera ever saw: what becomes of their grants is known as they come, so the rule need not look at them.

A building has several times as many doors as cameras, and each look at a door costs as much as storing some ten events.
A door that is mapped, that somebody passed, that has a policy of its own, or that shares grants with another is none of
these. Whatever makes it one marks it dirty itself, and the rule then reads all that is stored.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, exists, func, select

from doorwatch.store.configuration import Mappings
from doorwatch.store.engine.prepared import Prepared
from doorwatch.store.engine.recall import recalled
from doorwatch.store.engine.sql import keys_for
from doorwatch.store.schema.happenings import crossings
from doorwatch.store.schema.places import policies, pools

_NONE: frozenset[str] = frozenset()


def among(conn: Connection, account: str, door_ids: Iterable[str], mapped: Mappings) -> frozenset[str]:
    """Those of the doors that no camera ever saw; none on PostgreSQL.

    There another replica may map a door, or store who passed it, in a transaction that this one does not see; SQLite has
    one writer at a time.
    """
    if conn.dialect.name != "sqlite":
        return _NONE
    unmapped = set(door_ids).difference(mapped.versions)
    if unmapped:
        unmapped -= recalled(conn, ("special doors", account), (policies, pools), lambda: _special(conn, account))
    if unmapped:
        keys = keys_for(conn, sorted(unmapped))
        unmapped.difference_update(key for (key,) in _PASSED.rows(conn, {"account": account, "keys": keys}))
    return frozenset(unmapped)


def _special(conn: Connection, account: str) -> frozenset[str]:
    """Doors with a policy of their own, and those that are or ever were judged together with others."""
    found = set(conn.execute(select(policies.c.door_id).where(policies.c.account_id == account)).scalars())
    for row in conn.execute(select(pools.c.door_id, pools.c.head_id).where(pools.c.account_id == account)):
        found.update(door_id for door_id in row if door_id is not None)
    return frozenset(found)


_asked = func.json_each(bindparam("keys")).table_valued("value")
_PASSED = Prepared(
    lambda _: select(_asked.c.value).where(
        exists().where(crossings.c.account_id == bindparam("account"), crossings.c.door_id == _asked.c.value)
    )
)
