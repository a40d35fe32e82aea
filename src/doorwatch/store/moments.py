"""Moments: the one table that search, the ticker and the live stream read; what they are and how they are written.

Labels and cameras of a moment are kept as sets that many moments share, people once in `actors`, what access events say
in `stories`; a moment itself is one row. A moment that changes gets a new sequence number, so whoever reads on from a
number sees the change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    type_coerce,
    update,
)

from doorwatch.domain.access import Meaning
from doorwatch.domain.appearance import UNKNOWN, Appearance
from doorwatch.domain.time import Micros
from doorwatch.store import tallies, words
from doorwatch.store.engine import numbers, sets
from doorwatch.store.engine.folding import folded_for_search
from doorwatch.store.engine.identity import door_number
from doorwatch.store.engine.sql import Bulk, chunks, next_numbers
from doorwatch.store.engine.writer import note_change
from doorwatch.store.schema.happenings import (
    EVENT_KINDS,
    GRANT_KIND,
    member_sets,
    moments,
)


class MomentKind(StrEnum):
    """What a moment shows."""

    ACCESS_EVENT = "access_event"
    CROSSING = "crossing"
    INCIDENT = "incident"
    HEALTH = "health"


EVENT_CODES: dict[Meaning | None, int] = {
    None: 0,
    Meaning.GRANT: GRANT_KIND,
    Meaning.REFUSAL: 2,
    Meaning.OPENED: 3,
    Meaning.CLOSED: 4,
    Meaning.UNLOCKED_BY_SCHEDULE: 5,
    Meaning.UNLOCKED_BY_OPERATOR: 6,
    Meaning.LOCKED: 7,
    Meaning.ENTRY_SENSED: 8,
}
"""What an access event says to the rule, as moments keep it; 0 for one that the rule does not read."""

CODES: dict[MomentKind, tuple[int, ...]] = {
    MomentKind.ACCESS_EVENT: tuple(EVENT_CODES.values()),
    MomentKind.CROSSING: (EVENT_KINDS,),
    MomentKind.INCIDENT: (17,),
    MomentKind.HEALTH: (18,),
}
_EVENT_ID = "event:"
_TELLING = frozenset((MomentKind.INCIDENT, MomentKind.HEALTH))
"""What says more in its texts than its labels and names do."""


def is_kind(*kinds: MomentKind) -> ColumnElement[bool]:
    """Whether a moment is of one of these kinds, said so that the index of those that are no events can be used."""
    codes = [code for kind in kinds for code in CODES[kind]]
    among = moments.c.kind == codes[0] if len(codes) == 1 else moments.c.kind.in_(codes)
    return among if MomentKind.ACCESS_EVENT in kinds else and_(among, moments.c.kind >= literal_column("16"))


@dataclass(frozen=True, slots=True)
class MomentDraft:
    """A moment to be written that is no access event."""

    moment_id: str
    kind: MomentKind
    at: Micros
    arrived_at: Micros
    title: str
    labels: tuple[str, ...]
    door_id: str | None = None
    camera_ids: tuple[str, ...] = ()
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
    appearance: Appearance = UNKNOWN
    """Of a crossing; of an incident, that of its first excess entry."""
    picture: bool = False
    written: int = 0
    """The number under which it was written at first: it is the sequence of a moment that never changed."""


def event_moment_id(pacs: str, event_id: str) -> str:
    """The id of the moment that shows an access event."""
    return f"{_EVENT_ID}{pacs}:{event_id}"


def crossing_moment_id(crossing_id: str) -> str:
    """The id of the moment that shows a crossing."""
    return f"crossing:{crossing_id}"


def incident_moment_id(incident_id: str) -> str:
    """The id of the moment that shows an incident."""
    return f"incident:{incident_id}"


def place_of(conn: Connection, account: str, moment_id: str) -> tuple[int, str]:
    """Origin and name of a moment: what its row is known by."""
    if moment_id.startswith(_EVENT_ID):
        pacs, _, event_id = moment_id.removeprefix(_EVENT_ID).partition(":")
        return numbers.of_pacs(conn, account, pacs), event_id
    return -numbers.of_account(conn, account), moment_id


def take_numbers(conn: Connection, account: str, count: int) -> range:
    """The next numbers of the account's moments."""
    first = numbers.first_moment(conn, account)
    taken = next_numbers(conn, account, "moments", count)
    if taken.start // tallies.EVERY != taken.stop // tallies.EVERY:
        tallies.count_events(conn, account, taken.start - 1)
    return range(first + taken.start, first + taken.stop)


def write(conn: Connection, account: str, drafts: Sequence[MomentDraft]) -> None:
    """Write moments, new or changed, under new numbers; arrival time and picture of known ones stay."""
    if not drafts:
        return
    labels = sets.write(conn, account, sets.LABELS, {draft.labels for draft in drafts})
    views = sets.write(conn, account, sets.CAMERAS, {draft.camera_ids for draft in drafts if draft.camera_ids})
    tenant = numbers.of_account(conn, account)
    rows: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    places = {draft.door_id: door_number(draft.door_id) for draft in drafts if draft.door_id is not None}
    seen = {(views.get(draft.camera_ids, sets.NOBODY), places.get(draft.door_id or "")) for draft in drafts}
    sets.note(conn, account, sets.DOORS, [(view, door) for view, door in seen if door is not None])
    sets.note(conn, account, sets.KINDS, {(labels[draft.labels], CODES[draft.kind][0]) for draft in drafts})
    for number, draft in zip(take_numbers(conn, account, len(drafts)), drafts, strict=True):
        common = {
            "number": number,
            "account": tenant,
            "origin": -tenant,
            "name": draft.moment_id,
            "kind": CODES[draft.kind][0],
            "at": draft.at,
            "arrived_at": draft.arrived_at,
            "door_id": None if draft.door_id is None else places[draft.door_id],
            "label_set": labels[draft.labels],
            "camera_set": views.get(draft.camera_ids),
            "title": draft.title,
            "detail": draft.detail,
            "folded": folded_text(draft.kind, draft.title, draft.detail),
        }
        columns = _columns_with(tuple(draft.details))
        values = {**common, **draft.details}
        rows.setdefault(columns, []).append(tuple(values[name] for name in columns))
    known = _known(conn, tenant, [draft.moment_id for draft in drafts])
    for columns, group in rows.items():
        _moments_with(columns).run(conn, group)
    new = {one.moment_id: one for one in drafts}
    tallies.add(
        conn,
        account,
        [_place(places, one) for one in new.values()],
        [(row.door or tallies.NOWHERE, row.at, False) for row in known.values()],
    )
    _tell(conn, tenant, new, known)
    note_change(conn, account)


def _place(places: Mapping[str, int | None], draft: MomentDraft) -> tallies.Place:
    return places.get(draft.door_id or "") or tallies.NOWHERE, draft.at, False


def _known(conn: Connection, tenant: int, moment_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """What is there already of moments that are no access events: door, time and what is searched of their texts."""
    found: dict[str, Row[Any]] = {}
    door = type_coerce(moments.c.door_id, BigInteger).label("door")
    for piece in chunks(moment_ids):
        query = select(moments.c.name, moments.c.number, door, moments.c.at, moments.c.folded)
        mine = (moments.c.origin == -tenant, moments.c.name.in_(piece))
        found.update({row.name: row for row in conn.execute(query.where(*mine))})
    return found


def _tell(conn: Connection, tenant: int, drafts: Mapping[str, MomentDraft], known: Mapping[str, Row[Any]]) -> None:
    """Let moments that have been written be found by the words of their texts."""
    told = [draft.moment_id for draft in drafts.values() if draft.kind in _TELLING]
    if told:
        former = [words.Told(row.number, row.at, row.folded) for row in known.values()]
        written = _known(conn, tenant, told).values()
        words.write(conn, tenant, [words.Told(row.number, row.at, row.folded) for row in written], former)


_ALWAYS = frozenset(
    (
        *("number", "account", "origin", "name", "kind", "at", "arrived_at", "door_id"),
        *("label_set", "camera_set", "title", "detail", "folded"),
    )
)


@cache
def _columns_with(names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that all moments have and these, in the table's order."""
    return tuple(column.name for column in moments.columns if column.name in _ALWAYS or column.name in names)


@cache
def _moments_with(columns: tuple[str, ...]) -> Bulk:
    """Moments that have these columns: one that is there keeps its number and learns under which it changed."""

    def ending(statement: Any) -> Any:
        kept = ("number", "origin", "name", "account", "arrived_at")
        changed = {name: statement.excluded[name] for name in columns if name not in kept}
        return statement.on_conflict_do_update(
            index_elements=["origin", "name"], set_={**changed, "changed": statement.excluded.number}
        )

    return Bulk(moments, columns, ending)


def change(conn: Connection, account: str, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Set columns of moments, the same columns for each, by moment id; unknown ids are passed over."""
    if not changes:
        return
    taken = take_numbers(conn, account, len(changes))
    rows: list[dict[str, Any]] = []
    for number, (moment_id, values) in zip(taken, changes.items(), strict=True):
        origin, name = place_of(conn, account, moment_id)
        rows.append({"_origin": origin, "_name": name, "changed": number, **values})
    names = [name for name in rows[0] if name not in {"_origin", "_name"}]
    conn.execute(
        update(moments)
        .where(moments.c.origin == bindparam("_origin"), moments.c.name == bindparam("_name"))
        .values({name: bindparam(name) for name in names}),
        rows,
    )
    note_change(conn, account)


def relabel(conn: Connection, account: str, label: str, wanted: Mapping[str, bool]) -> None:
    """Give a label to moments or take it from them, by moment id; those that have it so already stay as they are."""
    changed: dict[str, tuple[str, ...]] = {}
    kinds: dict[str, int] = {}
    for piece in chunks(sorted(wanted)):
        places = {place_of(conn, account, moment_id): moment_id for moment_id in piece}
        query = (
            select(moments.c.origin, moments.c.name, moments.c.kind, member_sets.c.members)
            .outerjoin_from(
                moments,
                member_sets,
                (member_sets.c.account_id == account) & (member_sets.c.set_id == moments.c.label_set),
            )
            .where(at_places(places))
        )
        for origin, name, kind, members in conn.execute(query):
            moment_id = places[origin, name]
            kinds[moment_id] = kind
            others = tuple(one for one in members or () if one != label)
            if (label in (members or ())) != wanted[moment_id]:
                changed[moment_id] = (*others, label) if wanted[moment_id] else others
    found = sets.write(conn, account, sets.LABELS, set(changed.values()))
    sets.note(conn, account, sets.KINDS, {(found[members], kinds[one]) for one, members in changed.items()})
    change(conn, account, {moment_id: {"label_set": found[members]} for moment_id, members in changed.items()})


def at_places(places: Iterable[tuple[int, str]]) -> ColumnElement[bool]:
    """Whether a moment has one of these origins and names; one range of an index for each origin."""
    names: dict[int, list[str]] = {}
    for origin, name in places:
        names.setdefault(origin, []).append(name)
    return or_(*(and_(moments.c.origin == origin, moments.c.name.in_(some)) for origin, some in names.items()))


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


def folded_text(kind: MomentKind, title: str, detail: str | None) -> str | None:
    """What of a moment's text is searched beside its labels and names: only where it says more than those do."""
    return folded_for_search(title, detail) if kind in _TELLING else None
