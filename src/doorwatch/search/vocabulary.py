"""The names and labels that a search may mention: those of one account, as they are now."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection

from doorwatch.domain.access import AccessEvent, Meaning, types_meaning
from doorwatch.domain.incident import IncidentKind
from doorwatch.domain.labels import event_labels
from doorwatch.search.filling import FILLING
from doorwatch.search.tokens import MOST_WORDS
from doorwatch.store.engine.asking import Sql, ask, joined
from doorwatch.store.engine.folding import fold
from doorwatch.store.words import people_called

_MOST_LABELS = 5000
_MOST_PEOPLE = 500
_MOST_KNOWN = 64
_KNOWN: dict[str, tuple[tuple[Any, ...], frozenset[str]]] = {}
"""The labels of some accounts, and by what it is told that they have not changed."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names by id for doors and cameras; labels folded; people by the names their credentials carry.

    `groups` are the groups and labels that people gave to cameras, each with the cameras that have it.
    """

    doors: Mapping[str, str] = field(default_factory=dict)
    cameras: Mapping[str, str] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    people: tuple[str, ...] = ()
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sites: Mapping[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)
    """Of an account with several: the name of each with its doors and cameras."""
    looks: bool = False
    """Whether pictures can be searched by looks."""


def load_vocabulary(conn: Connection, account: str, text: str = "") -> Vocabulary:
    """The account's words; of people only those with a word that begins like one in `text`: there may be many."""
    told: dict[str, list[Sequence[Any]]] = {sort: [] for sort in ("door", "camera", "person", "stamp")}
    for sort, *row in ask(conn, _names(account, fold(text).split())):
        told[sort].append(row)
    return Vocabulary(
        {door_id: name for door_id, name, *_ in told["door"]},
        {camera_id: name for camera_id, name, *_ in told["camera"]},
        common_labels() | _labels(conn, account, tuple(told["stamp"][0])),
        tuple(sorted(name for _, name, *_ in told["person"] if name)),
        _groups(told["camera"]),
    )


def _names(account: str, words: Sequence[str]) -> Sql:
    """Asks for all names and for what tells whether the labels are still the same: one question, not one for each sort."""
    parts = [
        Sql("SELECT 'door', door_id, name, NULL, NULL FROM doors WHERE account_id = ?", (account,)),
        Sql(
            f"SELECT 'camera', camera_id, name, {_some('groups')}, {_some('labels')} FROM cameras WHERE account_id = ?",
            (account,),
        ),
        Sql(
            "SELECT 'stamp', CAST(COUNT(*) AS TEXT), CAST(SUM(set_id % 1000003) AS TEXT), NULL, NULL "
            "FROM set_members WHERE account_id = ? AND kind = 'labels'",
            (account,),
        ),
        *_people(account, words),
    ]
    return joined(parts, " UNION ALL ")


def _some(column: str) -> str:
    """A list of a camera that is there, as text; null for an empty one: most cameras are in no group."""
    text = f"CAST({column} AS TEXT)"
    return f"CASE WHEN deleted_at IS NULL AND LENGTH({text}) > 2 THEN {text} END"


def _labels(conn: Connection, account: str, stamp: tuple[Any, ...]) -> frozenset[str]:
    """The labels of the account's moments; what sets there are tells whether they are still the same."""
    known = _KNOWN.get(account)
    if known is None or known[0] != stamp:
        mine = Sql("FROM set_members WHERE account_id = ? AND kind = 'labels'", (account,))
        members = ask(conn, joined(["SELECT DISTINCT member", mine, f"LIMIT {_MOST_LABELS}"]))
        known = _KNOWN[account] = (stamp, frozenset(member for (member,) in members))
        while len(_KNOWN) > _MOST_KNOWN:
            _KNOWN.pop(next(iter(_KNOWN)))
    return known[1]


def narrowed(vocabulary: Vocabulary, doors: Collection[str], seen_by: Collection[str]) -> Vocabulary:
    """What of it somebody may know with whom some cameras are shared, and `doors`, which they see.

    No people, whose names may be known of other doors alone; of labels those that every account has.
    """
    groups = {word: camera_ids & frozenset(seen_by) for word, camera_ids in vocabulary.groups.items()}
    return Vocabulary(
        {door_id: name for door_id, name in vocabulary.doors.items() if door_id in doors},
        {camera_id: name for camera_id, name in vocabulary.cameras.items() if camera_id in seen_by},
        common_labels(),
        groups={word: camera_ids for word, camera_ids in groups.items() if camera_ids},
        looks=vocabulary.looks,
    )


def _groups(cameras: Sequence[Sequence[Any]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for camera_id, _, *lists in cameras:
        for listed in lists:
            for word in msgspec.json.decode(listed) or () if listed else ():
                found[word].add(camera_id)
    return {word: frozenset(camera_ids) for word, camera_ids in found.items()}


@cache
def common_labels() -> frozenset[str]:
    """Labels that are understood before anything carried them."""
    types = [name for meaning in Meaning for name in types_meaning(meaning)]
    types += ["DoorOpenedForTooLong", "DoorUnlock", "DoorRexOn", "DoorTamper", "AccessAntipassbackViolation"]
    words: list[str] = [kind.value for kind in IncidentKind]
    words += ["tailgating", "unauthorized access", "admitted", "excess entry", "unlocked entry", "turned back"]
    words += ["not observable", "unconfirmed", "explained", "withdrawn"]
    for name in types:
        words += event_labels(AccessEvent("", "", 0, name))
    return frozenset(fold(word) for word in words)


def _people(account: str, words: Sequence[str]) -> list[Sql]:
    """Asks for people; not by words that ask nothing, as hundreds begin like `to`, but for the last, which may be unfinished."""
    told = [word for word in words[:-1] if word not in FILLING] + list(words[-1:])
    asked = [word for word in dict.fromkeys(told) if len(word) > 1][:MOST_WORDS]
    if not asked:
        return []
    called = joined([people_called(account, word) for word in asked], " UNION ")
    query = Sql(
        "SELECT 'person', NULL, name, NULL, NULL FROM (SELECT DISTINCT name FROM actors WHERE account_id = ? "
        f"AND name IS NOT NULL AND actor_key IN ({called.text}) LIMIT {_MOST_PEOPLE}) AS people",
        (account, *called.values),
    )
    return [query]
