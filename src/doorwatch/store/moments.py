"""Moments: the one table that search, the ticker and the live stream read.

Labels and cameras of a moment are kept as sets that many moments share, people once in `actors`; a moment itself is
one row. A moment that changes gets a new sequence number, so whoever reads on from a number sees the change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select, update

from doorwatch.domain.labels import person_labels
from doorwatch.domain.time import Micros
from doorwatch.store import known
from doorwatch.store.folding import fold, folded_for_search
from doorwatch.store.identity import hash_of
from doorwatch.store.schema.happenings import actors, counters, member_sets, moments, set_members
from doorwatch.store.schema.places import doors
from doorwatch.store.sql import Bulk, among, chunks, insert, insert_for, keys_for, next_numbers, replacing
from doorwatch.store.writer import note_change


class MomentKind(StrEnum):
    """What a moment shows."""

    ACCESS_EVENT = "access_event"
    CROSSING = "crossing"
    INCIDENT = "incident"
    HEALTH = "health"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person whose credential was used."""

    pacs_id: str
    actor_id: str | None
    name: str | None
    email: str | None = None

    @property
    def key(self) -> int:
        """Who it is: by id, or by name when there is none."""
        return _actor_key(self.pacs_id, self.actor_id, self.name)


@lru_cache(16_384)
def _actor_key(pacs_id: str, actor_id: str | None, name: str | None) -> int:
    return hash_of("actor", pacs_id, f"id:{actor_id}" if actor_id else f"name:{fold(name or '')}")


@dataclass(frozen=True, slots=True)
class MomentDraft:
    """A moment to be written; `labels` without those of its person."""

    moment_id: str
    kind: MomentKind
    at: Micros
    arrived_at: Micros
    title: str
    labels: tuple[str, ...]
    door_id: str | None = None
    camera_ids: tuple[str, ...] = ()
    actor: Actor | None = None
    detail: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    """The columns that only this kind has: the same ones for every moment of a kind."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One searchable thing that happened. `sequence` grows with every commit of the account."""

    moment_id: str
    sequence: int
    kind: MomentKind
    at: Micros
    arrived_at: Micros
    door_id: str | None
    door_name: str | None
    camera_ids: tuple[str, ...]
    labels: tuple[str, ...]
    title: str
    detail: str | None = None
    actor_id: str | None = None
    actor_name: str | None = None
    event_type: str | None = None
    pacs_id: str | None = None
    event_id: str | None = None
    crossing_id: str | None = None
    incident_id: str | None = None
    direction: str | None = None
    outcome: str | None = None
    track: str | None = None
    review: str | None = None
    state: str | None = None
    people: int | None = None
    grants: int | None = None
    excess: int | None = None
    picture: bool = False


_ONLY_SOME = (
    "event_type",
    "pacs_id",
    "event_id",
    "crossing_id",
    "incident_id",
    "direction",
    "outcome",
    "track",
    "review",
    "state",
    "people",
    "grants",
    "excess",
)


def event_moment_id(pacs: str, event_id: str) -> str:
    """The id of the moment that shows an access event."""
    return f"event:{pacs}:{event_id}"


def crossing_moment_id(crossing_id: str) -> str:
    """The id of the moment that shows a crossing."""
    return f"crossing:{crossing_id}"


def incident_moment_id(incident_id: str) -> str:
    """The id of the moment that shows an incident."""
    return f"incident:{incident_id}"


def write(conn: Connection, account: str, drafts: Sequence[MomentDraft]) -> None:
    """Write moments, new or changed, under new sequence numbers; arrival time and picture of known ones stay."""
    if not drafts:
        return
    labels = _write_sets(conn, account, "labels", {draft.labels for draft in drafts})
    views = _write_sets(conn, account, "cameras", {draft.camera_ids for draft in drafts if draft.camera_ids})
    _write_actors(conn, account, {draft.actor.key: draft.actor for draft in drafts if draft.actor})
    numbers = next_numbers(conn, account, "moments", len(drafts))
    rows: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for number, draft in zip(numbers, drafts, strict=True):
        row = (
            account,
            draft.moment_id,
            number,
            draft.kind.value,
            draft.at,
            draft.arrived_at,
            draft.door_id,
            labels[draft.labels],
            views.get(draft.camera_ids),
            draft.actor.key if draft.actor else None,
            draft.title,
            draft.detail,
            folded_text(draft.kind, draft.title, draft.detail),
            *draft.details.values(),
        )
        rows.setdefault(tuple(draft.details), []).append(row)
    for names, group in rows.items():
        _moments_with(names).run(conn, group)
    note_change(conn, account)


_ALWAYS = (
    "account_id",
    "moment_id",
    "sequence",
    "kind",
    "at",
    "arrived_at",
    "door_id",
    "label_set",
    "camera_set",
    "actor_key",
    "title",
    "detail",
    "folded",
)


@cache
def _moments_with(names: tuple[str, ...]) -> Bulk:
    """Moments that have these columns beside those of all."""
    columns = (*_ALWAYS, *names)
    return Bulk(moments, columns, lambda statement: replacing(statement, moments, columns, keep=("arrived_at",)))


def change(conn: Connection, account: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Set columns of moments, the same columns for each, by moment id; unknown ids are passed over."""
    if not changes:
        return
    numbers = next_numbers(conn, account, "moments", len(changes))
    rows = [
        {"_id": moment_id, "sequence": number, **values}
        for number, (moment_id, values) in zip(numbers, changes.items(), strict=True)
    ]
    names = [name for name in rows[0] if name != "_id"]
    conn.execute(
        update(moments)
        .where(moments.c.account_id == account, moments.c.moment_id == bindparam("_id"))
        .values({name: bindparam(name) for name in names}),
        rows,
    )
    note_change(conn, account)


def relabel(conn: Connection, account: str, label: str, wanted: Mapping[str, bool]) -> None:
    """Give a label to moments or take it from them, by moment id; those that have it so already stay as they are."""
    changed: dict[str, tuple[str, ...]] = {}
    for piece in chunks(sorted(wanted)):
        query = (
            select(moments.c.moment_id, _label_sets.c.members)
            .outerjoin_from(
                moments,
                _label_sets,
                (_label_sets.c.account_id == moments.c.account_id) & (_label_sets.c.set_id == moments.c.label_set),
            )
            .where(moments.c.account_id == account, moments.c.moment_id.in_(piece))
        )
        for moment_id, members in conn.execute(query):
            others = tuple(one for one in members or () if one != label)
            if (label in (members or ())) != wanted[moment_id]:
                changed[moment_id] = (*others, label) if wanted[moment_id] else others
    sets = _write_sets(conn, account, "labels", set(changed.values()))
    change(conn, account, {moment_id: {"label_set": sets[members]} for moment_id, members in changed.items()})


def record_health(
    conn: Connection,
    account: str,
    health_id: str,
    title: str,
    detail: str,
    *,
    at: Micros,
    now: Micros,
    labels: Iterable[str] = (),
    door_id: str | None = None,
    camera_ids: tuple[str, ...] = (),
) -> None:
    """Write a moment about the system itself, such as a camera that went away; the same id again replaces it."""
    draft = MomentDraft(
        f"health:{health_id}",
        MomentKind.HEALTH,
        at,
        now,
        title,
        tuple(dict.fromkeys(("health", *labels))),
        door_id,
        camera_ids,
        detail=detail,
    )
    write(conn, account, [draft])


def newest(conn: Connection, account: str, limit: int = 50) -> list[Moment]:
    """The moments that happened last, the newest first."""
    query = query_of(account).order_by(moments.c.at.desc(), moments.c.moment_id.desc()).limit(limit)
    return [from_row(row) for row in conn.execute(query)]


def since(conn: Connection, account: str, sequence: int, limit: int = 500) -> list[Moment]:
    """Moments that were written or changed after a sequence number, in the order of commits."""
    query = query_of(account).where(moments.c.sequence > sequence).order_by(moments.c.sequence).limit(limit)
    return [from_row(row) for row in conn.execute(query)]


def last_sequence(conn: Connection, account: str) -> int:
    """The newest sequence number; 0 when there is no moment."""
    query = select(counters.c.value).where(counters.c.account_id == account, counters.c.name == "moments")
    return int(conn.execute(query).scalar() or 0)


def get_many(conn: Connection, account: str, moment_ids: Sequence[str]) -> list[Moment]:
    """Moments by id, in time order; unknown ids are left out."""
    found: list[Moment] = []
    for piece in chunks(moment_ids):
        found += [from_row(row) for row in conn.execute(query_of(account).where(moments.c.moment_id.in_(piece)))]
    return sorted(found, key=lambda moment: (moment.at, moment.moment_id))


def count(conn: Connection, account: str) -> int:
    """How many moments the account has."""
    query = select(func.count()).select_from(moments).where(moments.c.account_id == account)
    found: int = conn.execute(query).scalar_one()
    return found


_label_sets = member_sets.alias("label_sets")
_camera_sets = member_sets.alias("camera_sets")


def query_of(account: str) -> Select[Any]:
    """A SELECT of the account's moments that `from_row` understands; the caller adds conditions and order."""
    return (
        select(
            moments,
            doors.c.name.label("door_name"),
            _label_sets.c.members.label("labels"),
            _camera_sets.c.members.label("camera_ids"),
            actors.c.actor_id,
            actors.c.name.label("actor_name"),
        )
        .outerjoin_from(
            moments, doors, (doors.c.account_id == moments.c.account_id) & (doors.c.door_id == moments.c.door_id)
        )
        .outerjoin(
            _label_sets,
            (_label_sets.c.account_id == moments.c.account_id) & (_label_sets.c.set_id == moments.c.label_set),
        )
        .outerjoin(
            _camera_sets,
            (_camera_sets.c.account_id == moments.c.account_id) & (_camera_sets.c.set_id == moments.c.camera_set),
        )
        .outerjoin(actors, (actors.c.account_id == moments.c.account_id) & (actors.c.actor_key == moments.c.actor_key))
        .where(moments.c.account_id == account)
    )


def from_row(row: Row[Any]) -> Moment:
    """A moment out of a row of `query_of`."""
    labels = (*(row.labels or ()), *person_labels(row.actor_id, row.actor_name))
    return Moment(
        row.moment_id,
        row.sequence,
        MomentKind(row.kind),
        row.at,
        row.arrived_at,
        row.door_id,
        row.door_name,
        tuple(row.camera_ids or ()),
        tuple(dict.fromkeys(labels)),
        row.title,
        row.detail,
        row.actor_id,
        row.actor_name,
        picture=row.picture,
        **{name: getattr(row, name) for name in _ONLY_SOME},
    )


def folded_text(kind: MomentKind, title: str, detail: str | None) -> str | None:
    """What of a moment's text is searched beside its labels and names: only where it says more than those do."""
    return folded_for_search(title, detail) if kind in {MomentKind.INCIDENT, MomentKind.HEALTH} else None


def _write_sets(
    conn: Connection, account: str, kind: str, wanted: Iterable[tuple[str, ...]]
) -> dict[tuple[str, ...], int]:
    ids = {members: _set_id(kind, members) for members in wanted}
    unsure = known.unknown(conn, [("set", account, set_id) for set_id in ids.values()])
    fresh = {members: set_id for members, set_id in sorted(ids.items()) if ("set", account, set_id) in unsure}
    if fresh:
        sets = [
            {"account_id": account, "set_id": set_id, "kind": kind, "members": list(members)}
            for members, set_id in fresh.items()
        ]
        conn.execute(insert(conn, member_sets).on_conflict_do_nothing(), sets)
        folded = [
            {"account_id": account, "kind": kind, "member": member, "set_id": set_id}
            for members, set_id in fresh.items()
            for member in sorted({fold(m) if kind == "labels" else m for m in members})
        ]
        if folded:
            conn.execute(insert(conn, set_members).on_conflict_do_nothing(), folded)
        known.learn(conn, unsure)
    return ids


@lru_cache(16_384)
def _set_id(kind: str, members: tuple[str, ...]) -> int:
    return hash_of(kind, *members)


def _write_actors(conn: Connection, account: str, people: Mapping[int, Actor]) -> None:
    """Write those who are new or of whom something new is known."""
    if not people:
        return
    wanted = {"account": account, "keys": keys_for(conn, list(people))}
    found = conn.execute(_actors_query(conn.dialect.name), wanted)
    told = {key: (name, email) for key, name, email in found}
    rows = [
        {
            "account_id": account,
            "actor_key": key,
            "pacs_id": person.pacs_id,
            "actor_id": person.actor_id,
            "name": person.name,
            "email": person.email,
            "folded": folded_for_search(person.name, person.actor_id),
        }
        for key, person in sorted(people.items())
        if key not in told or person.name not in {None, told[key][0]} or person.email not in {None, told[key][1]}
    ]
    if rows:
        conn.execute(_learn_actors(conn.dialect.name), rows)


@cache
def _actors_query(dialect: str) -> Select[Any]:
    return select(actors.c.actor_key, actors.c.name, actors.c.email).where(
        actors.c.account_id == bindparam("account"), among(dialect, actors.c.actor_key)
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
