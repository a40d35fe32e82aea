"""Events that arrive, as rows: each becomes one row of `moments`, and all of them go into few statements.

This is the way that every event takes, thousands a second; so it makes no objects, and looks up whatever it can in
dictionaries that live as long as the batch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from doorwatch.store.schema.happenings import GRANT_KIND
from doorwatch.store.schema.happenings import moments as rows
from doorwatch.store.stories import Story, story_of

Spans = dict[str, tuple[Micros, Micros]]
"""Door id to the first and the last time at which something happened there that the rule reads."""

_COLUMNS = (
    *("number", "account", "origin", "name", "kind", "at", "arrived_at", "door_id", "label_set", "camera_set"),
    *("actor_key", "story", "access_point_id", "direction", "outcome"),
)
_NEVER = 1 << 62

# One statement for all, so that rows come in the order of their numbers: each goes behind the last one, and leaves are full.
_NEW = Bulk(rows, _COLUMNS, lambda statement: statement.on_conflict_do_nothing(index_elements=["origin", "name"]))


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
    batch = _Batch(conn, account, pacs, door_ids)
    values = batch.rows((numbers.of_account(conn, account), origin), events.values(), numbered.start, arrived_at)
    batch.write_what_rows_refer_to(conn)
    spans = batch.spans()
    if _NEW.run_flat(conn, values) == len(events):
        return events, spans
    wanted = {"origin": origin, "keys": keys_for(conn, list(events)), "first": numbered[0], "last": numbered[-1]}
    fresh = conn.execute(_among_new(conn.dialect.name), wanted).scalars()
    return {event_id: events[event_id] for event_id in fresh}, spans


def spans_of(events: Sequence[AccessEvent], door_ids: Mapping[str, str]) -> Spans:
    """The spans of some events, wherever they were."""
    spans: Spans = {}
    for event in events:
        if event.meaning is not None:
            door_id = door_ids[event.device_id]
            first, last = spans.get(door_id, (event.at, event.at))
            spans[door_id] = (min(first, event.at), max(last, event.at))
    return spans


def person_of(pacs: str, event: AccessEvent) -> Actor | None:
    """The person of an event, if anything is known of one."""
    if not (event.actor_id or event.actor_name or event.actor_email):
        return None
    return Actor(pacs, event.actor_id, event.actor_name, event.actor_email)


@dataclass(slots=True)
class _Place:
    """A door of a batch: what is the same for all that happened there, and the span of what the rule reads of it."""

    door_id: str
    number: int | None
    blind: bool
    mapped: bool
    """Whether cameras see it, or ever did."""
    first: Micros = _NEVER
    last: Micros = -_NEVER


class _Batch:
    """Makes rows of events, and collects what these rows refer to."""

    def __init__(self, conn: Connection, account: str, pacs: str, door_ids: Mapping[str, str]) -> None:
        self._account = account
        self._pacs = pacs
        self._mapped = mapped = configuration.all_mappings(conn, account)
        blind = unwatched.among(conn, account, door_ids.values(), mapped)
        self._places = {
            device_id: _Place(door_id, door_number(door_id), door_id in blind, door_id in mapped.versions)
            for device_id, door_id in door_ids.items()
        }
        self._told: dict[tuple[Any, ...], Story] = {}
        self._people: dict[int, Actor] = {}
        self._views: dict[tuple[str, ...], int] = {}
        self._seen: set[tuple[int, int | None]] = set()
        self._unseen: dict[int, Story] = {}

    def rows(self, whose: tuple[int, int], events: Iterable[AccessEvent], number: int, arrived_at: Micros) -> list[Any]:
        """The values of the rows, one row behind the other; `whose` are the numbers of account and access control system."""
        places, told, views, pacs = self._places, self._told, self._views, self._pacs
        see = self._seen.add
        values: list[Any] = []
        add = values.extend
        for name, device_id, at, event_type, side, actor_id, actor_name, actor_email, labels, point, source in events:
            said = (event_type, side, labels, source)
            story = told.get(said)
            if story is None:
                story = told[said] = story_of(*said)
            person = view = outcome = None
            if actor_id or actor_name or actor_email:
                person = actor_key(pacs, actor_id, actor_name, actor_email)
                self._meet(person, actor_id, actor_name, actor_email)
            place, kind, label_set = places[device_id], story.kind, story.label_set
            if place.mapped and (seen_by := self._mapped.at(place.door_id, at)):
                view = views.get(seen_by) or views.setdefault(seen_by, sets.set_id(sets.CAMERAS, seen_by))
            if place.blind:
                if kind == GRANT_KIND:
                    outcome, label_set = story.unseen
                    self._unseen[story.number] = story
            elif kind:
                if at < place.first:  # noqa: PLR1730 - a call would cost several times as much
                    place.first = at
                if at > place.last:  # noqa: PLR1730 - likewise
                    place.last = at
            see((view or sets.NOBODY, place.number))
            head = (number, *whose, name, kind, at, arrived_at, place.number, label_set)
            add((*head, view, person, story.number, point, story.side, outcome))
            number += 1
        return values

    def spans(self) -> Spans:
        """From when until when something happened that the rule reads, for each door that is to be judged."""
        return {one.door_id: (one.first, one.last) for one in self._places.values() if one.last >= one.first}

    def write_what_rows_refer_to(self, conn: Connection) -> None:
        """See to it that stories, sets and people are there."""
        account, told, unseen = self._account, self._told.values(), self._unseen.values()
        stories.write(conn, account, told)
        sets.write(conn, account, sets.CAMERAS, self._views)
        sets.note(conn, account, sets.DOORS, ((view, door) for view, door in self._seen if door is not None))
        sets.write(conn, account, sets.LABELS, {story.unseen_labels for story in unseen})
        kinds = {(story.label_set, story.kind) for story in told}
        kinds.update((story.unseen[1], story.kind) for story in unseen)
        sets.note(conn, account, sets.KINDS, kinds)
        actors.write(conn, account, self._people)

    def _meet(self, key: int, actor_id: str | None, name: str | None, email: str | None) -> None:
        """Note a person with what an earlier event of the batch knew more; the later name holds."""
        former = self._people.get(key)
        if former is None:
            self._people[key] = Actor(self._pacs, actor_id, name, email)
        elif (former.name, former.email) != (name, email):
            self._people[key] = Actor(self._pacs, actor_id, name or former.name, email or former.email)


@cache
def _among_new(dialect: str) -> Select[Any]:
    """Which of these names were inserted just now: they have numbers of this batch."""
    return select(rows.c.name).where(
        rows.c.origin == bindparam("origin"),
        among(dialect, rows.c.name),
        rows.c.number.between(bindparam("first"), bindparam("last")),
    )
