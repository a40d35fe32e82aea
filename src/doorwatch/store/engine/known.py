"""What the writing connection knows to be in the database for good, so that it need not ask again with every batch.

Only rows that are never changed and never deleted are remembered: that a door is there, that a set of labels or cameras
is written. Other replicas can add such rows but not take them away. What a transaction writes counts at once for what
follows in it, and for others once it is committed; what is taken back is forgotten. The memory hangs on the driver's
connection: a new connection, which may lead to another database, begins without any.
"""

from collections.abc import Iterable
from typing import TypeAlias

from sqlalchemy import Connection

Thing: TypeAlias = tuple[str, str, str | int]
"""A sort of rows, the account, and the row's id."""

MOST_KNOWN = 200_000

_FOR_GOOD = "doorwatch.known"
_SO_FAR = "doorwatch.known_so_far"


def begin(conn: Connection) -> None:
    """A transaction begins whose end `settle` or the next `begin` will tell; without it nothing is remembered."""
    conn.info[_SO_FAR] = {}


def remembers(conn: Connection) -> bool:
    """Whether this is the writing connection, inside of a transaction: others remember nothing."""
    return _SO_FAR in conn.info


def unknown(conn: Connection, things: Iterable[Thing]) -> set[Thing]:
    """Those of the things that may not be in the database."""
    so_far = conn.info.get(_SO_FAR)
    if so_far is None:
        return set(things)
    for_good: set[Thing] = conn.info.setdefault(_FOR_GOOD, set())
    return {thing for thing in things if thing not in for_good and thing not in so_far}


def learn(conn: Connection, things: Iterable[Thing]) -> None:
    """These are in the database, or will be with this transaction."""
    so_far = conn.info.get(_SO_FAR)
    if so_far is not None:
        so_far.update(dict.fromkeys(things))


def mark(conn: Connection) -> int:
    """Where this transaction's knowledge stands, for `back_to`."""
    return len(conn.info.get(_SO_FAR) or ())


def back_to(conn: Connection, position: int) -> None:
    """What was learned since the mark is taken back with its savepoint."""
    so_far = conn.info.get(_SO_FAR) or {}
    for thing in list(so_far)[position:]:
        del so_far[thing]


def settle(conn: Connection) -> None:
    """The transaction is committed: what it learned holds."""
    for_good: set[Thing] = conn.info.setdefault(_FOR_GOOD, set())
    if len(for_good) > MOST_KNOWN:
        for_good.clear()
    for_good.update(conn.info.pop(_SO_FAR, None) or ())


def forget(conn: Connection) -> None:
    """Know nothing any more, because rows were deleted behind the product's back."""
    for name in [name for name in conn.info if str(name).startswith("doorwatch.")]:
        del conn.info[name]
