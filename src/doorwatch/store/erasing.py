"""Erasing a cardholder: name, address and id go from everything but what a hold keeps, and do not come back.

It is done in steps that can be repeated: first tombstones, so that nothing new is stored; then events forget the person,
and texts are cleaned; what is held stays as it is, and is done when the last hold on it ends.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from doorwatch.domain.time import Micros, from_iso, to_iso
from doorwatch.store import appearances, evidence, exports, holds, tombstones
from doorwatch.store import words as person_words
from doorwatch.store.actors import Actor
from doorwatch.store.actors import actor_key as key_of
from doorwatch.store.engine import numbers
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.engine.folding import fold
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sql import chunks
from doorwatch.store.schema.alerting import outbox
from doorwatch.store.schema.happenings import actors, incidents, moments
from doorwatch.store.schema.keeping import erasures
from doorwatch.store.schema.people import settings, users
from doorwatch.store.scrubbing import GONE, Words, clean_texts


@dataclass(frozen=True, slots=True)
class Kept:
    """An incident under hold that still carries the person: what of it there is, and until when at least."""

    incident_id: str
    until: str | None
    """ISO 8601; None when somebody has to end the hold."""
    reason: str
    evidence: tuple[str, ...]
    events: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """That somebody was erased, and what is left of them. It does not say who."""

    erasure_id: str
    erased_at: Micros
    erased_by: str
    cleaned: dict[str, int] = field(default_factory=dict)
    kept: tuple[Kept, ...] = ()
    notes: tuple[str, ...] = ()
    finished_at: Micros | None = None


def people_of(conn: Connection, account: str, actor_key: int) -> list[Row[Any]]:
    """The rows of a person: the one that is named, and those without an id that are called alike or have the address.

    Raises UnknownError.
    """
    mine = (actors.c.account_id == account, actors.c.actor_key == actor_key)
    row = conn.execute(select(actors).where(*mine)).first()
    if row is None:
        raise UnknownError("nobody of this id is known; perhaps the person was erased already")
    same = select(actors).where(actors.c.account_id == account, actors.c.actor_key != actor_key)
    alike = []
    if row.email:
        alike.append(func.lower(actors.c.email) == row.email.lower())
    if row.name:
        alike.append(actors.c.actor_key == key_of(row.pacs_id, None, row.name))
    return [row, *conn.execute(same.where(or_(*alike)))] if alike else [row]


def erase(conn: Connection, account: str, actor_key: int, *, by: str, now: Micros) -> Erasure:
    """Erase a person; raises UnknownError. What is under hold is named in the answer, and done later by `finish`."""
    rows = people_of(conn, account, actor_key)
    erasure = Erasure(new_id("erasure"), now, by)
    conn.execute(
        erasures.insert().values(
            account_id=account,
            erasure_id=erasure.erasure_id,
            erased_at=now,
            erased_by=by,
            actor_key=actor_key,
            report={},
        )
    )
    known = tombstones.read(conn, account, now)
    tombstones.add(conn, account, erasure.erasure_id, known.made_of(_actor(row) for row in rows))
    return _clean(conn, account, erasure, rows, now)


def is_waiting(conn: Connection, account: str, now: Micros) -> bool:
    """Whether there is something for `finish` to do."""
    unfinished = select(erasures).where(erasures.c.account_id == account, erasures.c.finished_at.is_(None))
    rows = conn.execute(unfinished).all()
    if not rows:
        return False
    held = holds.held(conn, account, now)
    return any(one.incident_id not in held for row in rows for one in _erasure(row).kept)


def finish(conn: Connection, account: str, now: Micros) -> list[Erasure]:
    """Do what holds kept back and no longer keep; the erasures that got further by it."""
    done = []
    held = holds.held(conn, account, now)
    for row in conn.execute(
        select(erasures).where(erasures.c.account_id == account, erasures.c.finished_at.is_(None))
    ).all():
        erasure = _erasure(row)
        if row.actor_key is not None and any(one.incident_id not in held for one in erasure.kept):
            done.append(_clean(conn, account, erasure, people_of(conn, account, row.actor_key), now))
    return done


def repeat(conn: Connection, account: str, erasure_id: str, marks: Iterable[str], *, now: Micros) -> int:
    """Apply the tombstones of an erasure that this database does not know, as after a restore; how many people went."""
    known = tombstones.read(conn, account, now)
    new = frozenset(marks) - known.marks
    if not new:
        return 0
    row = {"account_id": account, "erasure_id": erasure_id, "erased_at": now, "erased_by": "system", "report": {}}
    if conn.execute(select(erasures).where(*_is(account, erasure_id))).first() is None:
        conn.execute(erasures.insert().values(**row, finished_at=now))
    tombstones.add(conn, account, erasure_id, new)
    there = tombstones.Tombstones(account, new, known.key)
    found = [
        one.actor_key
        for one in conn.execute(
            select(actors).where(actors.c.account_id == account).order_by(actors.c.actor_id.is_(None))
        ).all()
        if there.covers(one.pacs_id, one.actor_id, one.name, one.email)
    ]
    gone = 0
    for actor_key in found:
        if conn.execute(
            select(actors.c.actor_key).where(actors.c.account_id == account, actors.c.actor_key == actor_key)
        ).first():
            erase(conn, account, actor_key, by="system", now=now)
            gone += 1
    return gone


def list_erasures(conn: Connection, account: str) -> list[Erasure]:
    """The account's erasures, the newest first."""
    query = select(erasures).where(erasures.c.account_id == account)
    return [_erasure(row) for row in conn.execute(query.order_by(erasures.c.erased_at.desc(), erasures.c.erasure_id))]


def allow(conn: Connection, account: str, erasure_id: str) -> Erasure:
    """Let the person of an erasure be stored again from now on. Raises UnknownError."""
    row = conn.execute(select(erasures).where(*_is(account, erasure_id))).first()
    if row is None:
        raise UnknownError("there is no such erasure")
    tombstones.remove(conn, account, erasure_id)
    return _erasure(row)


def _clean(conn: Connection, account: str, erasure: Erasure, rows: Sequence[Row[Any]], now: Micros) -> Erasure:
    keys = [row.actor_key for row in rows]
    words = Words.of(word for row in rows for word in (row.actor_id, row.name, row.email))
    held = _held(conn, account, keys, words, now)
    kept_events = {event for events in held.values() for event in events}
    cleaned = dict(erasure.cleaned)
    for name, count in (
        ("exports", _withdraw_exports(conn, account, keys, words, held)),  # while events still tell whose they are
        ("colours of clothes", _forget_colours(conn, account, keys, kept_events)),
        ("events", _forget_events(conn, account, keys, kept_events)),
        *clean_texts(conn, account, words, held).items(),
        ("mails not sent", _stop_mails(conn, account, rows, held)),
    ):
        if count:
            cleaned[name] = cleaned.get(name, 0) + count
    left = tuple(_kept(conn, account, incident_id, len(events), now) for incident_id, events in sorted(held.items()))
    if not left:
        conn.execute(actors.delete().where(actors.c.account_id == account, actors.c.actor_key.in_(keys)))
        person_words.forget(conn, account, keys)
    done = Erasure(
        erasure.erasure_id,
        erasure.erased_at,
        erasure.erased_by,
        cleaned,
        left,
        erasure.notes or _notes(conn, account, rows),
        None if left else now,
    )
    values = {"report": _report(done), "finished_at": done.finished_at, "actor_key": keys[0] if left else None}
    conn.execute(update(erasures).where(*_is(account, erasure.erasure_id)).values(**values))
    return done


def _held(
    conn: Connection, account: str, keys: Sequence[int], words: Words, now: Micros
) -> dict[str, frozenset[tuple[int, str]]]:
    """Incidents under hold that tell of the person: each with those of its grants that were the person's."""
    found: dict[str, frozenset[tuple[int, str]]] = {}
    table = incidents.c
    for piece in chunks(sorted(holds.held(conn, account, now))):
        query = select(table.incident_id, table.grant_ids, table.reason, table.note)
        for row in conn.execute(query.where(table.account_id == account, table.incident_id.in_(piece))).all():
            mine = select(moments.c.origin, moments.c.name).where(
                moments.c.account == numbers.of_account(conn, account),
                moments.c.actor_key.in_(keys),
                moments.c.name.in_(row.grant_ids),
            )
            events = frozenset((one.origin, one.name) for one in conn.execute(mine))
            texts = [row.reason, row.note or ""]
            if events or words.clean(texts) != texts:
                found[row.incident_id] = events
    return found


def _forget_events(conn: Connection, account: str, keys: Sequence[int], kept: Collection[tuple[int, str]]) -> int:
    table = moments.c
    theirs = [table.account == numbers.of_account(conn, account), table.actor_key.in_(keys)]
    theirs += [or_(table.origin != origin, table.name != name) for origin, name in sorted(kept)]
    return conn.execute(update(moments).where(*theirs).values(actor_key=None)).rowcount


def _forget_colours(conn: Connection, account: str, keys: Sequence[int], kept: Collection[tuple[int, str]]) -> int:
    """What those wore who came in on the person's grants."""
    mine = (moments.c.account == numbers.of_account(conn, account), moments.c.actor_key.in_(keys))
    events = conn.execute(select(moments.c.origin, moments.c.name).where(*mine)).all()
    return appearances.forget_colours(conn, account, [one.name for one in events if tuple(one) not in kept])


def _withdraw_exports(conn: Connection, account: str, keys: Sequence[int], words: Words, kept: Collection[str]) -> int:
    """Exports in which the person may stand, by an event at that door or by what was said of the incident."""
    gone = 0
    for export in exports.made(conn, account):
        if export.incident_id in kept:
            continue
        table = incidents.c
        about = select(table.door_id, table.reason, table.note)
        row = conn.execute(about.where(table.account_id == account, table.incident_id == export.incident_id)).one()
        texts = [row.reason, row.note or ""]
        start, end = (from_iso(export.wish[name]) for name in ("from", "until"))
        theirs = select(moments.c.number).where(
            moments.c.account == numbers.of_account(conn, account),
            moments.c.actor_key.in_(keys),
            moments.c.door_id == row.door_id,
            moments.c.at.between(start - exports.AROUND, end + exports.AROUND),
        )
        if words.clean(texts) != texts or conn.execute(theirs.limit(1)).first():
            exports.withdraw(conn, account, export.export_id)
            gone += 1
    return gone


def _stop_mails(conn: Connection, account: str, rows: Sequence[Row[Any]], kept: Collection[str]) -> int:
    """Mails to the person that were not sent yet; the addresses were cleaned already."""
    if not any(row.email for row in rows):
        return 0
    waiting = (
        outbox.c.account_id == account,
        outbox.c.recipient == GONE,
        outbox.c.state == "waiting",
        func.coalesce(outbox.c.incident_id, "").not_in(sorted(kept)),
    )
    return conn.execute(
        update(outbox).where(*waiting).values(state="failed", error="its recipient was erased")
    ).rowcount


def _kept(conn: Connection, account: str, incident_id: str, events: int, now: Micros) -> Kept:
    active = [hold for hold in holds.of_incidents(conn, account, [incident_id])[incident_id] if hold.holds_at(now)]
    ends = [hold.until for hold in active]
    until = None if None in ends else max(end for end in ends if end is not None)
    proofs = evidence.of_incidents(conn, account, [incident_id]).get(incident_id, {})
    told = "; ".join(hold.reason for hold in active)
    return Kept(incident_id, None if until is None else to_iso(until), told, tuple(sorted(proofs)), events)


def _notes(conn: Connection, account: str, rows: Sequence[Row[Any]]) -> tuple[str, ...]:
    """What this does not change, for whoever has to see to it."""
    notes = []
    mails = {row.email.lower() for row in rows if row.email}
    if mails and conn.execute(select(users.c.user_id).where(func.lower(users.c.email).in_(sorted(mails)))).first():
        notes.append("the person signs in here: remove them under Settings > People, too")
    kept = conn.execute(select(settings.c.value).where(settings.c.account_id == account)).scalars()
    if any(mail in str(one).lower() for one in kept for mail in mails):
        notes.append("alerts go to the person's address: take it out under Settings > Alerts")
    names = {fold(row.name) for row in rows if row.name}
    others = select(actors.c.name).where(
        actors.c.account_id == account, actors.c.actor_key.not_in([row.actor_key for row in rows])
    )
    if any(name and fold(name) in names for name in conn.execute(others).scalars()):
        notes.append("somebody else of the same name, with another id, stays")
    return tuple(notes)


def _report(done: Erasure) -> dict[str, Any]:
    kept = [
        {
            "incident_id": one.incident_id,
            "until": one.until,
            "reason": one.reason,
            "evidence": list(one.evidence),
            "events": one.events,
        }
        for one in done.kept
    ]
    return {"cleaned": done.cleaned, "kept": kept, "notes": list(done.notes)}


def _erasure(row: Row[Any]) -> Erasure:
    kept = tuple(Kept(**one | {"evidence": tuple(one["evidence"])}) for one in row.report.get("kept", ()))
    return Erasure(
        row.erasure_id,
        row.erased_at,
        row.erased_by,
        dict(row.report.get("cleaned", {})),
        kept,
        tuple(row.report.get("notes", ())),
        row.finished_at,
    )


def _actor(row: Row[Any]) -> Actor:
    return Actor(row.pacs_id, row.actor_id, row.name, row.email)


def _is(account: str, erasure_id: str) -> tuple[Any, ...]:
    return erasures.c.account_id == account, erasures.c.erasure_id == erasure_id
