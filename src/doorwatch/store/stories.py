"""Stories: what an access event says apart from where, when and who. A building has few, and many events."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import Connection

from doorwatch.domain.access import AccessEvent, Direction, meaning_of
from doorwatch.domain.incident import GrantOutcome
from doorwatch.domain.labels import UNSEEN, event_labels
from doorwatch.domain.policy import Policy
from doorwatch.store.engine import known, sets
from doorwatch.store.engine.identity import hash_of
from doorwatch.store.engine.sql import insert
from doorwatch.store.moments import EVENT_CODES
from doorwatch.store.schema.happenings import GRANT_KIND, stories


@dataclass(frozen=True, slots=True)
class Story:
    """What events with this type, side, further labels and source have in common, as their moments refer to it."""

    number: int
    event_type: str
    side: str | None
    further: tuple[str, ...]
    source: str | None
    kind: int
    labels: tuple[str, ...]
    label_set: int
    unseen: tuple[str | None, int]
    """Outcome, which only grants have, and set of labels at a door that no camera ever saw."""
    unseen_labels: tuple[str, ...]


@lru_cache(16_384)
def story_of(event_type: str, side: Direction | None, further: tuple[str, ...], source: str | None) -> Story:
    """The story of an event, whoever it was and wherever."""
    labels = event_labels(AccessEvent("", "", 0, event_type, side, labels=further))
    said = None if side is None else side.value
    # None is told from a text by how many parts there are before the labels.
    kind = EVENT_CODES[meaning_of(event_type)]
    outcome, unseen = _unseen(kind, side, labels)
    parts = [event_type, *(["side", said] if said else []), *(["source", source] if source is not None else [])]
    return Story(
        hash_of("story", str(len(parts)), *parts, *further) & (1 << sets.BITS) - 1,
        event_type,
        said,
        further,
        source,
        kind,
        labels,
        sets.set_id(sets.LABELS, labels),
        (outcome, sets.set_id(sets.LABELS, unseen)),
        unseen,
    )


def _unseen(kind: int, side: Direction | None, labels: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """What the usual policy says of an event that no camera saw, once nothing is to be waited for, and its labels then."""
    if kind != GRANT_KIND:
        return None, labels
    if side is not None and not Policy().controlled_direction.includes(side):
        return GrantOutcome.UNCONTROLLED.value, labels
    return GrantOutcome.NOT_OBSERVABLE.value, labels if UNSEEN in labels else (*labels, UNSEEN)


def write(conn: Connection, account: str, wanted: Collection[Story]) -> None:
    """See to it that stories and the sets of their labels are there."""
    unsure = known.unknown(conn, [("story", account, one.number) for one in wanted])
    if not unsure:
        return
    fresh = sorted((one for one in wanted if ("story", account, one.number) in unsure), key=lambda one: one.number)
    sets.write(conn, account, sets.LABELS, {one.labels for one in fresh})
    rows = [
        {
            "account_id": account,
            "story": one.number,
            "event_type": one.event_type,
            "side": one.side,
            "labels": list(one.further),
            "source": one.source,
        }
        for one in fresh
    ]
    conn.execute(insert(conn, stories).on_conflict_do_nothing(), rows)
    known.learn(conn, unsure)
