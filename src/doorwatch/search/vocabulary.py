"""The names and labels that a search may mention: those of one account, as they are now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.access import AccessEvent, Meaning, types_meaning
from doorwatch.domain.incident import IncidentKind
from doorwatch.domain.labels import event_labels
from doorwatch.search.tokens import MOST_WORDS
from doorwatch.store import cameras
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
    names = Sql("SELECT door_id, name FROM doors WHERE account_id = ?", (account,))
    return Vocabulary(
        dict(ask(conn, names)),
        cameras.names(conn, account),
        common_labels() | _labels(conn, account),
        _people(conn, account, fold(text).split()),
        _groups(conn, account),
    )


def _labels(conn: Connection, account: str) -> frozenset[str]:
    """The labels of the account's moments; what sets there are tells whether they are still the same."""
    mine = Sql("FROM set_members WHERE account_id = ? AND kind = 'labels'", (account,))
    (stamp,) = ask(conn, joined(["SELECT COUNT(*), SUM(set_id % 1000003)", mine]))
    known = _KNOWN.get(account)
    if known is None or known[0] != tuple(stamp):
        members = ask(conn, joined(["SELECT DISTINCT member", mine, f"LIMIT {_MOST_LABELS}"]))
        known = _KNOWN[account] = (tuple(stamp), frozenset(member for (member,) in members))
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


def _groups(conn: Connection, account: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for camera_id, words in cameras.grouped(conn, account):
        for word in words:
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


def _people(conn: Connection, account: str, words: Iterable[str]) -> tuple[str, ...]:
    asked = [word for word in dict.fromkeys(words) if len(word) > 1][:MOST_WORDS]
    if not asked:
        return ()
    called = joined([people_called(account, word) for word in asked], " UNION ")
    query = Sql(
        "SELECT DISTINCT name FROM actors "
        f"WHERE account_id = ? AND name IS NOT NULL AND actor_key IN ({called.text}) LIMIT {_MOST_PEOPLE}",
        (account, *called.values),
    )
    return tuple(sorted(name for (name,) in ask(conn, query) if name))
