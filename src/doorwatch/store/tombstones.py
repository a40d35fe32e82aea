"""Tombstones: by these a person who was erased is known, and not stored, when a gateway tells of them again.

A tombstone is a keyed hash: the key is a secret of the installation, sealed with the rest, so that a copied database
does not tell whether somebody was erased from it.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import Micros
from doorwatch.store.actors import Actor
from doorwatch.store.engine.folding import fold
from doorwatch.store.engine.sql import counted, insert, next_numbers
from doorwatch.store.schema.keeping import tombstones
from doorwatch.store.settings import get_or_make_secret

_SECRET = "tombstones"  # noqa: S105 - the name of the secret
_REMEMBERED = "doorwatch.tombstones"
_CHANGES = counted("erasures")


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The tombstones of an account, with the key that makes them."""

    account: str
    marks: frozenset[str]
    key: bytes

    def covers(self, pacs: str, actor_id: str | None, name: str | None, email: str | None) -> bool:
        """Whether this is somebody who was erased: by id or address; by name where nothing tells people of it apart."""
        if actor_id and self._mark("id", pacs, actor_id) in self.marks:
            return True
        if email and self._mark("mail", fold(email)) in self.marks:
            return True
        return bool(name and not actor_id and self._mark("name", pacs, fold(name)) in self.marks)

    def made_of(self, people: Iterable[Actor]) -> frozenset[str]:
        """The tombstones of some people."""
        found: set[str] = set()
        for person in people:
            if person.actor_id:
                found.add(self._mark("id", person.pacs_id, person.actor_id))
            if person.email:
                found.add(self._mark("mail", fold(person.email)))
            if person.name:
                found.add(self._mark("name", person.pacs_id, fold(person.name)))
        return frozenset(found)

    def _mark(self, *words: str) -> str:
        text = json.dumps([self.account, *words])
        return hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()[:40]


def make_key(conn: Connection, now: Micros) -> bytes:
    """The key of this installation's tombstones; made when it is first asked for."""
    return bytes.fromhex(get_or_make_secret(conn, _SECRET, lambda: secrets.token_hex(32), now))


def read(conn: Connection, account: str, now: Micros) -> Tombstones:
    """All tombstones of an account; on a connection that writes."""
    marks = conn.execute(select(tombstones.c.mark).where(tombstones.c.account_id == account)).scalars()
    return Tombstones(account, frozenset(marks), make_key(conn, now))


def add(conn: Connection, account: str, erasure_id: str, marks: Iterable[str]) -> None:
    """Keep tombstones; those that stand already stay with the erasure that they belong to."""
    rows = [{"account_id": account, "mark": mark, "erasure_id": erasure_id} for mark in sorted(marks)]
    if rows:
        conn.execute(insert(conn, tombstones).on_conflict_do_nothing(), rows)
    _changed(conn, account)


def of_erasure(conn: Connection, account: str, erasure_id: str) -> list[str]:
    """The tombstones that belong to an erasure."""
    query = select(tombstones.c.mark).where(tombstones.c.account_id == account, tombstones.c.erasure_id == erasure_id)
    return list(conn.execute(query.order_by(tombstones.c.mark)).scalars())


def remove(conn: Connection, account: str, erasure_id: str) -> int:
    """Let what an erasure was of be stored again; how many tombstones went."""
    mine = (tombstones.c.account_id == account, tombstones.c.erasure_id == erasure_id)
    gone = conn.execute(tombstones.delete().where(*mine)).rowcount
    _changed(conn, account)
    return gone


def without_erased(
    conn: Connection, account: str, pacs: str, events: dict[str, AccessEvent], now: Micros
) -> dict[str, AccessEvent]:
    """The events, those of erased people without them. Costs one look at a counter while nobody was erased."""
    known = _remembered(conn, account, now)
    if known is None:
        return events
    return {key: _stripped(known, pacs, event) for key, event in events.items()}


def _stripped(known: Tombstones, pacs: str, event: AccessEvent) -> AccessEvent:
    if not known.covers(pacs, event.actor_id, event.actor_name, event.actor_email):
        return event
    said = {fold(word) for word in (event.actor_id, event.actor_name, event.actor_email) if word}
    labels = tuple(label for label in event.labels if fold(label) not in said)
    return event._replace(actor_id=None, actor_name=None, actor_email=None, labels=labels)


def _remembered(conn: Connection, account: str, now: Micros) -> Tombstones | None:
    """The account's tombstones, read anew when somebody was erased; None when there are none."""
    changes = _CHANGES.number(conn, {"account": account})
    if changes is None:
        return None
    remembered: dict[str, tuple[int, Tombstones]] = conn.info.setdefault(_REMEMBERED, {})
    found = remembered.get(account)
    if found is None or found[0] != changes:
        found = remembered[account] = changes, read(conn, account, now)
    return found[1] if found[1].marks else None


def _changed(conn: Connection, account: str) -> None:
    next_numbers(conn, account, "erasures")
    remembered: Mapping[str, object] = conn.info.get(_REMEMBERED, {})
    if account in remembered:
        del conn.info[_REMEMBERED][account]
