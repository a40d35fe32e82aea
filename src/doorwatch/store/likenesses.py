"""How moments look, as directions: of crossings, and of the incidents that begin with one; kept as long as colours are."""

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, delete, func, select

from doorwatch.domain.likeness import Likeness
from doorwatch.domain.time import Micros
from doorwatch.store.engine import numbers
from doorwatch.store.engine.sql import chunks, upsert
from doorwatch.store.moments import CODES, MomentKind, crossing_moment_id, incident_moment_id
from doorwatch.store.schema.happenings import moments
from doorwatch.store.schema.searching import likenesses

_INCIDENTS = CODES[MomentKind.INCIDENT]


def keep(conn: Connection, account: str, looks: Mapping[str, Likeness], incidents: Mapping[str, str]) -> None:
    """Keep how crossings look, by id, and with them the incidents that begin with one: incident to crossing."""
    named = {crossing_moment_id(crossing_id): look for crossing_id, look in looks.items()}
    named |= {incident_moment_id(one): looks[first] for one, first in incidents.items() if first in looks}
    _write(conn, account, named)


def follow(conn: Connection, account: str, incident_id: str, crossing_id: str) -> None:
    """An incident begins with a crossing, perhaps with another one than before: it looks as that does."""
    mine, theirs = incident_moment_id(incident_id), crossing_moment_id(crossing_id)
    found = {name: of_moment(conn, account, name) for name in (mine, theirs)}
    if found[mine] == found[theirs]:
        return
    look = found[theirs]
    if look is None:
        _delete(conn, _numbers(conn, account, [mine]))
    else:
        _write(conn, account, {mine: look})


def of_moment(conn: Connection, account: str, name: str, only: ColumnElement[bool] | None = None) -> Likeness | None:
    """How a crossing's or incident's moment looks; None when that is not known. `only` is asked of the moment besides."""
    query = select(likenesses.c.model, likenesses.c.direction).join(moments, moments.c.number == likenesses.c.number)
    query = query.where(*_named(conn, account, [name]))
    row = conn.execute(query if only is None else query.where(only)).first()
    return None if row is None else Likeness(row.model, bytes(row.direction))


def known(conn: Connection, account: str, model: int, names: Collection[str]) -> set[str]:
    """Those of some moments, by id, that can be compared with what a model makes."""
    found: set[str] = set()
    for piece in chunks(sorted(names)):
        query = select(moments.c.name).join(likenesses, likenesses.c.number == moments.c.number)
        mine = (*_named(conn, account, piece), likenesses.c.model == model)
        found.update(conn.execute(query.where(*mine)).scalars())
    return found


def others(conn: Connection, account: str, model: int) -> int:
    """How many moments have a likeness that another model made."""
    table = likenesses.c
    query = select(func.count()).where(table.account == numbers.of_account(conn, account), table.model != model)
    return int(conn.execute(query).scalar_one())


def forget(conn: Connection, account: str, crossing_ids: Collection[str]) -> set[str]:
    """Forget how crossings look, and the incidents that look so; of which crossings that was known."""
    table, found = likenesses.c, set[str]()
    looks = select(likenesses, moments.c.name, moments.c.kind).join(moments, moments.c.number == table.number)
    for piece in chunks(sorted(crossing_ids)):
        ids = {crossing_moment_id(crossing_id): crossing_id for crossing_id in piece}
        for row in conn.execute(looks.where(*_named(conn, account, ids))).all():
            found.add(ids[row.name])
            then = (table.account == row.account, table.model == row.model, table.at == row.at)
            same = [one for one in conn.execute(looks.where(*then)) if one.direction == row.direction]
            _delete(conn, [one.number for one in same if one.name == row.name or one.kind in _INCIDENTS])
    return found


def forget_before(conn: Connection, account: str, before: Micros, most: int = 500) -> int:
    """Forget some of the looks of before a time; how many, 0 when none is left."""
    table, tenant = likenesses.c, numbers.of_account(conn, account)
    models = conn.execute(select(table.model).where(table.account == tenant).distinct()).scalars().all()
    found: list[int] = []
    for model in models:
        old = select(table.number).where(table.account == tenant, table.model == model, table.at < before)
        found += conn.execute(old.limit(most - len(found))).scalars()
    return _delete(conn, found)


def _write(conn: Connection, account: str, looks: Mapping[str, Likeness]) -> None:
    tenant, rows = numbers.of_account(conn, account), []
    for piece in chunks(sorted(looks)):
        query = select(moments.c.number, moments.c.name, moments.c.at).where(*_named(conn, account, piece))
        for row in conn.execute(query):
            look = looks[row.name]
            rows.append(
                {
                    "number": row.number,
                    "account": tenant,
                    "model": look.model,
                    "at": row.at,
                    "direction": look.direction,
                }
            )
    upsert(conn, likenesses, rows)


def _numbers(conn: Connection, account: str, names: Collection[str]) -> list[int]:
    found: list[int] = []
    for piece in chunks(sorted(names)):
        found += conn.execute(select(moments.c.number).where(*_named(conn, account, piece))).scalars()
    return found


def _named(conn: Connection, account: str, names: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    return moments.c.origin == -numbers.of_account(conn, account), moments.c.name.in_(names)


def _delete(conn: Connection, moment_numbers: Collection[int]) -> int:
    gone = 0
    for piece in chunks(list(moment_numbers)):
        gone += conn.execute(delete(likenesses).where(likenesses.c.number.in_(piece))).rowcount
    return gone
