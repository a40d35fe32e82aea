"""How those who crossed looked, in the columns of crossings and of moments; an incident looks as its first excess entry.

Colours are numbers there, and so are the things that one person carries together: an index of a few bytes finds them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from doorwatch.domain.appearance import EVERYTHING, UNKNOWN, Appearance, Colour, carried_code, carried_of, colour_of
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import Micros
from doorwatch.store import likenesses, moments, settings
from doorwatch.store.engine import numbers
from doorwatch.store.engine.sql import chunks
from doorwatch.store.schema.happenings import crossings, incidents
from doorwatch.store.schema.happenings import moments as moment_table

_COLUMNS = (crossings.c.upper, crossings.c.lower, crossings.c.dwell_us, crossings.c.carried)
_SETTING = "clothing_colours"
_NO_COLOURS = {"upper": None, "lower": None, "carried": None}


def wants_colours(conn: Connection, account: str) -> bool:
    """Whether the account keeps the colours of clothes, and what is carried; it does until somebody says otherwise."""
    return settings.get_setting(conn, account, _SETTING, default=True) is not False


def want_colours(conn: Connection, account: str, now: Micros, *, wanted: bool) -> None:
    """Keep colours from now on, or no more: then `forget_before` takes away what is stored."""
    settings.set_setting(conn, account, _SETTING, wanted, now)


def without_colours(crossing: Crossing) -> Crossing:
    """A crossing as it is kept where nobody wants colours, and so nothing of what is carried."""
    return replace(crossing, appearance=Appearance(dwell=crossing.appearance.dwell))


def without_likeness(crossing: Crossing) -> Crossing:
    """A crossing as its row and its moment have it; how it looks is kept apart."""
    if crossing.appearance.likeness is None:
        return crossing
    return replace(crossing, appearance=replace(crossing.appearance, likeness=None))


def columns_of(appearance: Appearance) -> dict[str, Any]:
    """An appearance as the columns of a crossing or a moment."""
    worn = {"upper": appearance.upper, "lower": appearance.lower}
    codes = {part: colour.code if colour else None for part, colour in worn.items()}
    return {**codes, "dwell_us": appearance.dwell, "carried": carried_code(appearance.carried)}


def from_row(row: Any) -> Appearance:
    """The appearance in a row with these columns."""
    return Appearance(colour_of(row.upper), colour_of(row.lower), row.dwell_us, carried=carried_of(row.carried))


def of_crossing(conn: Connection, account: str, crossing_id: str) -> Appearance:
    """How somebody looked who crossed; unknown for a crossing that is not there."""
    row = conn.execute(_ONE, {"account": account, "key": crossing_id}).first()
    return UNKNOWN if row is None else from_row(row)


_ONE = select(*_COLUMNS).where(
    crossings.c.account_id == bindparam("account"), crossings.c.crossing_id == bindparam("key")
)


def tell_incidents(conn: Connection, account: str, changed: Sequence[Crossing]) -> None:
    """Crossings look otherwise than they did: so do the incidents that begin with one of them."""
    looks = {crossing.crossing_id: crossing.appearance for crossing in changed}
    begun = begun_by(conn, account, changed)
    found = {moments.incident_moment_id(one): columns_of(looks[first]) for one, first in begun.items()}
    moments.change(conn, account, found)


def begun_by(conn: Connection, account: str, some: Sequence[Crossing]) -> dict[str, str]:
    """The incidents that begin with one of these crossings: incident to crossing."""
    ids, found = {crossing.crossing_id for crossing in some}, dict[str, str]()
    for times in chunks(sorted({crossing.at for crossing in some})):
        begun = select(incidents.c.incident_id, incidents.c.excess_crossing_ids).where(
            incidents.c.account_id == account, incidents.c.start.in_(times)
        )
        for row in conn.execute(begun):
            first = next(iter(row.excess_crossing_ids), None)
            if first in ids:
                found[row.incident_id] = first
    return found


def forget_colours(conn: Connection, account: str, grant_ids: Collection[str]) -> int:
    """Forget what those wore and carried whom these grants let in, and how they looked; of how many crossings that was known."""
    theirs: list[Any] = []
    for piece in chunks(sorted(grant_ids)):
        admitted = (crossings.c.account_id == account, crossings.c.grant_id.in_(piece))
        theirs += conn.execute(select(crossings.c.crossing_id, *_COLUMNS).where(*admitted)).all()
    worn = {row.crossing_id for row in theirs if (row.upper, row.lower, row.carried) != (None,) * 3}
    looked = likenesses.forget(conn, account, [row.crossing_id for row in theirs])
    _forget(conn, account, worn)
    return len(worn | looked)


def _forget(conn: Connection, account: str, crossing_ids: Iterable[str]) -> None:
    for piece in chunks(list(crossing_ids)):
        mine = (crossings.c.account_id == account, crossings.c.crossing_id.in_(piece))
        conn.execute(update(crossings).where(*mine).values(**_NO_COLOURS))
        moments.change(conn, account, {moments.crossing_moment_id(one): _NO_COLOURS for one in piece})


def forget_before(conn: Connection, account: str, before: Micros, most: int = 500) -> int:
    """Forget some of the looks of what happened before a time; of how many moments, 0 when none is left."""
    return _forget_old_colours(conn, account, before, most) + likenesses.forget_before(conn, account, before, most)


def _forget_old_colours(conn: Connection, account: str, before: Micros, most: int) -> int:
    table, tenant = moment_table.c, numbers.of_account(conn, account)
    found: dict[int, str | None] = {}
    colours = [(column, colour.code) for column in (table.upper, table.lower) for colour in Colour]
    for column, code in (*colours, *((table.carried, code) for code in range(1, EVERYTHING + 1))):
        # the index knows the times of one colour, not of all
        worn = (table.account == tenant, column == code, column.is_not(None), table.at < before)
        rows = conn.execute(select(table.number, table.crossing_id).where(*worn).limit(most - len(found))).all()
        found.update((row.number, row.crossing_id) for row in rows)
        if len(found) >= most:
            break
    for piece in chunks(sorted(found)):
        conn.execute(update(moment_table).where(table.number.in_(piece)).values(**_NO_COLOURS))
    for ids in chunks(sorted({crossing_id for crossing_id in found.values() if crossing_id is not None})):
        mine = (crossings.c.account_id == account, crossings.c.crossing_id.in_(ids))
        conn.execute(update(crossings).where(*mine).values(**_NO_COLOURS))
    return len(found)
