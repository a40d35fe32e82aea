"""Events that arrive, as rows: each becomes one row of `moments`, and all of them go into few statements.

This is the way that every event takes, thousands a second; so it makes no objects, and looks up whatever it can in
dictionaries that live as long as the batch.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from doorwatch.domain.access import AccessEvent
from doorwatch.domain.time import Micros
from doorwatch.store import actors, configuration, moments, stories, unwatched
from doorwatch.store.actors import Actor, actor_key
from doorwatch.store.engine import numbers, sets
from doorwatch.store.engine.identity import door_number
from doorwatch.store.engine.sql import Bulk, among, keys_for
from doorwatch.store.schema.happenings import moments as rows
from doorwatch.store.stories import Story, story_of

Spans = dict[str, tuple[Micros, Micros]]
"""Door id to the first and the last time at which something happened there that the rule reads."""

_COLUMNS = (
    *("number", "account", "origin", "name", "kind", "at", "arrived_at", "door_id", "label_set", "camera_set"),
    *("actor_key", "story", "access_point_id", "direction", "outcome"),
)
_SELDOM = ("camera_set", "actor_key", "outcome")
_LABEL_SET = _COLUMNS.index("label_set")


def _bulk(columns: Sequence[str]) -> Bulk:
    return Bulk(rows, columns, lambda statement: statement.on_conflict_do_nothing(index_elements=["origin", "name"]))


_NEW = _bulk(_COLUMNS)
# Most events have no person, those of most doors no camera, and few an outcome at once: what is null for all is not handed
# over one by one.
_NEW_PLAIN = _bulk([name for name in _COLUMNS if name not in _SELDOM])


def insert(
    conn: Connection,
    account: str,
    pacs: str,
    events: Mapping[str, AccessEvent],
    door_ids: Mapping[str, str],
    arrived_at: Micros,
) -> tuple[Mapping[str, AccessEvent], Spans]:
    """Insert those of the events, given by id, that are not there: these, and the spans of all at doors to be judged."""
    origin = numbers.of_pacs(conn, account, pacs)
    numbered = moments.take_numbers(conn, account, len(events))
    plain, others, spans = _rows(conn, account, pacs, events.values(), door_ids, origin, numbered.start, arrived_at)
    if _NEW_PLAIN.run(conn, plain) + _NEW.run(conn, others) == len(events):
        return events, spans
    wanted = {"origin": origin, "keys": keys_for(conn, list(events)), "first": numbered[0], "last": numbered[-1]}
    fresh = conn.execute(_among_new(conn.dialect.name), wanted).scalars()
    return {event_id: events[event_id] for event_id in fresh}, spans


def spans_of(events: Sequence[AccessEvent], door_ids: Mapping[str, str]) -> Spans:
    """The spans of some events, wherever they were."""
    spans: Spans = {}
    for event in events:
        if event.meaning is not None:
            _widen(spans, door_ids[event.device_id], event.at)
    return spans


def person_of(pacs: str, event: AccessEvent) -> Actor | None:
    """The person of an event, if anything is known of one."""
    if not (event.actor_id or event.actor_name or event.actor_email):
        return None
    return Actor(pacs, event.actor_id, event.actor_name, event.actor_email)


def _rows(
    conn: Connection,
    account: str,
    pacs: str,
    events: Any,
    door_ids: Mapping[str, str],
    origin: int,
    number: int,
    arrived_at: Micros,
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], Spans]:
    """The rows of events without person and cameras, those of the others, and the spans of all."""
    tenant = numbers.of_account(conn, account)
    mapped = configuration.all_mappings(conn, account)
    blind = unwatched.among(conn, account, door_ids.values(), mapped)
    told: dict[tuple[Any, ...], Story] = {}
    people: dict[int, Actor] = {}
    views: set[tuple[str, ...]] = set()
    seen: set[tuple[int, int]] = set()
    spans: Spans = {}
    plain: list[tuple[Any, ...]] = []
    others: list[tuple[Any, ...]] = []
    for name, device_id, at, event_type, side, actor_id, actor_name, actor_email, labels, point, source in events:
        said = (event_type, side, labels, source)
        story = told.get(said)
        if story is None:
            story = told[said] = story_of(*said)
        person = None
        if actor_id or actor_name or actor_email:
            person = actor_key(pacs, actor_id, actor_name, actor_email)
            _meet(people, person, pacs, actor_id, actor_name, actor_email)
        door_id = door_ids[device_id]
        view = None
        if door_id in mapped.versions and (seen_by := mapped.at(door_id, at)):
            views.add(seen_by)
            view = sets.set_id(sets.CAMERAS, seen_by)
        if story.kind:
            _widen(spans, door_id, at)
        outcome, label_set = story.unseen if door_id in blind else (None, story.label_set)
        place = door_number(door_id)
        if place is not None:
            seen.add((view or sets.NOBODY, place))
        head = (number, tenant, origin, name, story.kind, at, arrived_at, place, label_set)
        if person is None and view is None and outcome is None:
            plain.append((*head, story.number, point, story.side))
        else:
            others.append((*head, view, person, story.number, point, story.side, outcome))
        number += 1
    stories.write(conn, account, told.values())
    sets.write(conn, account, sets.CAMERAS, views)
    sets.note(conn, account, sets.DOORS, seen)
    kinds = {(story.label_set, story.kind) for story in told.values()}
    if blind:
        kinds.update(_write_unseen(conn, account, told.values(), {row[_LABEL_SET] for row in others}))
    sets.note(conn, account, sets.KINDS, kinds)
    actors.write(conn, account, people)
    return plain, others, {door_id: span for door_id, span in spans.items() if door_id not in blind}


def _widen(spans: Spans, door_id: str, at: Micros) -> None:
    span = spans.get(door_id)
    if span is None:
        spans[door_id] = (at, at)
    elif at < span[0]:
        spans[door_id] = (at, span[1])
    elif at > span[1]:
        spans[door_id] = (span[0], at)


def _write_unseen(
    conn: Connection, account: str, told: Iterable[Story], used: Collection[int]
) -> Iterable[tuple[int, int]]:
    """Write the labels of what no camera saw, as far as they are used; the sets, with the kinds of their moments."""
    unseen = [story for story in told if story.unseen[1] in used]
    sets.write(conn, account, sets.LABELS, {story.unseen_labels for story in unseen})
    return [(story.unseen[1], story.kind) for story in unseen]


def _meet(
    people: dict[int, Actor], key: int, pacs: str, actor_id: str | None, name: str | None, email: str | None
) -> None:
    """Note a person with what an earlier event of the batch knew more; the later name holds."""
    former = people.get(key)
    if former is None:
        people[key] = Actor(pacs, actor_id, name, email)
    elif (former.name, former.email) != (name, email):
        people[key] = Actor(pacs, actor_id, name or former.name, email or former.email)


@cache
def _among_new(dialect: str) -> Select[Any]:
    """Which of these names were inserted just now: they have numbers of this batch."""
    return select(rows.c.name).where(
        rows.c.origin == bindparam("origin"),
        among(dialect, rows.c.name),
        rows.c.number.between(bindparam("first"), bindparam("last")),
    )
