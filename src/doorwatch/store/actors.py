"""The people whose credentials were used: one row each, so that a person's data can be removed in one place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from doorwatch.store import words
from doorwatch.store.engine.folding import fold, folded_for_search
from doorwatch.store.engine.identity import hash_of
from doorwatch.store.engine.prepared import Prepared
from doorwatch.store.engine.recall import recalled
from doorwatch.store.engine.sql import among, insert_for, keys_for
from doorwatch.store.schema.happenings import actors

MOST_RECALLED = 20_000


@dataclass(frozen=True, slots=True)
class Actor:
    """A person whose credential was used."""

    pacs_id: str
    actor_id: str | None
    name: str | None
    email: str | None = None

    @property
    def key(self) -> int:
        """Who it is."""
        return actor_key(self.pacs_id, self.actor_id, self.name, self.email)


@lru_cache(16_384)
def actor_key(pacs_id: str, actor_id: str | None, name: str | None, email: str | None = None) -> int:
    """The number of a person: by id, or by name when there is none, or else by address."""
    if actor_id:
        return hash_of("actor", pacs_id, f"id:{actor_id}")
    return hash_of("actor", pacs_id, f"name:{fold(name)}" if name else f"mail:{email}")


def write(conn: Connection, account: str, people: Mapping[int, Actor]) -> None:
    """Write those who are new or of whom something new is known."""
    if not people:
        return
    told = _told(conn, account, people)
    named = {
        key: folded_for_search(person.name, person.actor_id)
        for key, person in sorted(people.items())
        if key not in told or person.name not in {None, told[key][0]} or person.email not in {None, told[key][1]}
    }
    rows = [
        {
            "account_id": account,
            "actor_key": key,
            "pacs_id": people[key].pacs_id,
            "actor_id": people[key].actor_id,
            "name": people[key].name,
            "email": people[key].email,
            "folded": folded,
        }
        for key, folded in named.items()
    ]
    if rows:
        conn.execute(_learn_actors(conn.dialect.name), rows)
        words.name(conn, account, named)


def _told(conn: Connection, account: str, keys: Iterable[int]) -> Mapping[int, tuple[str | None, str | None]]:
    """Name and address of those of the people who are there: the same few hundred come and go all day."""
    told: dict[int, tuple[str | None, str | None]] = recalled(conn, ("people", account), (actors,), dict)
    if len(told) > MOST_RECALLED:
        told.clear()
    if unsure := [key for key in keys if key not in told]:
        found = _ACTORS.rows(conn, {"account": account, "keys": keys_for(conn, unsure)})
        told.update((key, (name, email)) for key, name, email in found)
    return told


_ACTORS = Prepared(
    lambda dialect: select(actors.c.actor_key, actors.c.name, actors.c.email).where(
        actors.c.account_id == bindparam("account"), among(dialect, actors.c.actor_key)
    )
)


@cache
def _learn_actors(dialect: str) -> Any:
    statement = insert_for(dialect, actors)
    new, old = statement.excluded, actors.c
    return statement.on_conflict_do_update(
        index_elements=["account_id", "actor_key"],
        set_={
            "name": func.coalesce(new.name, old.name),
            "email": func.coalesce(new.email, old.email),
            # Former names stay searchable: a copy that knows less must not take words away.
            "folded": old.folded + new.folded,
        },
        where=(func.coalesce(new.name, old.name, "") != func.coalesce(old.name, ""))
        | (func.coalesce(new.email, old.email, "") != func.coalesce(old.email, "")),
    )
