"""Crossings: stored once each by their producer's id; the same id again replaces what was known of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from doorwatch.domain.access import Direction
from doorwatch.domain.crossing import Crossing, TileStep
from doorwatch.domain.incident import CrossingOutcome, CrossingVerdict
from doorwatch.domain.labels import crossing_labels
from doorwatch.domain.time import Micros
from doorwatch.store import appearances, cameras, dirty, doors, likenesses, moments
from doorwatch.store.engine.sql import chunks, upsert
from doorwatch.store.moments import MomentDraft, MomentKind
from doorwatch.store.schema.happenings import crossings

_DETAILS = {
    CrossingOutcome.ADMITTED: "admitted by a grant",
    CrossingOutcome.EXCESS: "without a grant",
    CrossingOutcome.POSSIBLE: "perhaps somebody else besides",
    CrossingOutcome.UNLOCKED: "while the door was unlocked",
    CrossingOutcome.TURNED_BACK: "turned back",
    CrossingOutcome.NOT_OBSERVABLE: "not all of it was seen",
}


@dataclass(frozen=True, slots=True)
class StoredCrossings:
    """What became of a batch; `refused` are the positions of those whose door or camera is not this account's."""

    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: int = 0
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredCrossing:
    """A crossing with what the rule made of it so far."""

    crossing: Crossing
    arrived_at: Micros
    outcome: CrossingOutcome | None = None
    grant_id: str | None = None


def store_crossings(conn: Connection, account: str, batch: Sequence[Crossing], arrived_at: Micros) -> StoredCrossings:
    """Store a batch with its moments, and mark the doors dirty whose verdict may change."""
    known_doors = doors.existing(conn, account, (crossing.door for crossing in batch))
    known_cameras = cameras.existing(conn, account, (crossing.camera for crossing in batch))
    refused = tuple(
        index for index, c in enumerate(batch) if c.door not in known_doors or c.camera not in known_cameras
    )
    if not appearances.wants_colours(conn, account):
        batch = [appearances.without_colours(crossing) for crossing in batch]
    looks = {c.crossing_id: look for c in batch if (look := c.appearance.likeness) is not None}
    batch = [appearances.without_likeness(crossing) for crossing in batch]
    wanted = {c.crossing_id: c for index, c in enumerate(batch) if index not in set(refused)}
    before = {stored.crossing.crossing_id: stored for stored in get_many(conn, account, wanted)}
    new = [crossing for key, crossing in wanted.items() if key not in before]
    updated = [c for key, c in wanted.items() if key in before and before[key].crossing != c]
    upsert(
        conn,
        crossings,
        [_row(account, crossing, arrived_at) for crossing in (*new, *updated)],
        keep=("arrived_at", "outcome", "grant_id"),
    )
    drafts = [
        _draft(StoredCrossing(c, arrived_at, before[c.crossing_id].outcome if c.crossing_id in before else None))
        for c in (*new, *updated)
    ]
    moments.write(conn, account, drafts)
    judged = [crossing for crossing in updated if _judged_otherwise(crossing, before[crossing.crossing_id].crossing)]
    looking = [
        crossing for crossing in updated if before[crossing.crossing_id].crossing.appearance != crossing.appearance
    ]
    appearances.tell_incidents(conn, account, looking)
    if looks:
        begun = appearances.begun_by(conn, account, [c for key, c in wanted.items() if key in looks])
        likenesses.keep(conn, account, looks, begun)
    _mark_dirty(conn, account, [*new, *judged], before, arrived_at)
    return StoredCrossings(
        tuple(c.crossing_id for c in new),
        tuple(c.crossing_id for c in updated),
        len(batch) - len(refused) - len(new) - len(updated),
        refused,
    )


def set_outcomes(conn: Connection, account: str, verdicts: Sequence[CrossingVerdict]) -> int:
    """Keep what the rule made of crossings; how many of them changed."""
    wanted = {verdict.crossing_id: verdict for verdict in verdicts}
    changed = [
        StoredCrossing(stored.crossing, stored.arrived_at, verdict.outcome, verdict.grant_id)
        for stored in get_many(conn, account, wanted)
        if (verdict := wanted[stored.crossing.crossing_id])
        and (stored.outcome, stored.grant_id) != (verdict.outcome, verdict.grant_id)
    ]
    if changed:
        conn.execute(
            update(crossings)
            .where(crossings.c.account_id == account, crossings.c.crossing_id == bindparam("_id"))
            .values(outcome=bindparam("_outcome"), grant_id=bindparam("_grant")),
            [
                {"_id": stored.crossing.crossing_id, "_outcome": str(stored.outcome), "_grant": stored.grant_id}
                for stored in changed
            ],
        )
        moments.write(conn, account, [_draft(stored) for stored in changed])
    return len(changed)


def get_many(conn: Connection, account: str, crossing_ids: Iterable[str]) -> list[StoredCrossing]:
    """Crossings by id, in time order; unknown ids are left out."""
    found: list[StoredCrossing] = []
    for piece in chunks(sorted(set(crossing_ids))):
        query = select(crossings).where(crossings.c.account_id == account, crossings.c.crossing_id.in_(piece))
        found += [_stored(row) for row in conn.execute(query)]
    return sorted(found, key=lambda stored: (stored.crossing.at, stored.crossing.crossing_id))


def in_window(conn: Connection, account: str, door_id: str, start: Micros, end: Micros) -> list[StoredCrossing]:
    """All crossings of a door from `start` to `end`, both included, in time order."""
    query = select(crossings).where(
        crossings.c.account_id == account,
        crossings.c.door_id == door_id,
        crossings.c.at >= start,
        crossings.c.at <= end,
    )
    return [_stored(row) for row in conn.execute(query.order_by(crossings.c.at, crossings.c.crossing_id))]


def of_camera(
    conn: Connection, account: str, camera_id: str, door_ids: Sequence[str], start: Micros, end: Micros
) -> list[StoredCrossing]:
    """The crossings that a camera saw at these doors from `start` to `end`, both included, in time order."""
    found = [one for door_id in door_ids for one in in_window(conn, account, door_id, start, end)]
    mine = [one for one in found if one.crossing.camera == camera_id]
    return sorted(mine, key=lambda stored: (stored.crossing.at, stored.crossing.crossing_id))


def _row(account: str, crossing: Crossing, arrived_at: Micros) -> dict[str, Any]:
    return {
        "account_id": account,
        "crossing_id": crossing.crossing_id,
        "door_id": crossing.door,
        "camera_id": crossing.camera,
        "track": crossing.track,
        "at": crossing.at,
        "arrived_at": arrived_at,
        "direction": crossing.direction.value,
        "confidence": crossing.confidence,
        "continuous": crossing.continuous,
        "possible": crossing.possible,
        "trail": [[step.at, step.column, step.row] for step in crossing.trail],
        **appearances.columns_of(crossing.appearance),
    }


def _stored(row: Row[Any]) -> StoredCrossing:
    crossing = Crossing(
        row.crossing_id,
        row.door_id,
        row.camera_id,
        row.track,
        row.at,
        Direction(row.direction),
        row.confidence,
        row.continuous,
        row.possible,
        tuple(TileStep(*step) for step in row.trail),
        appearances.from_row(row),
    )
    outcome = CrossingOutcome(row.outcome) if row.outcome else None
    return StoredCrossing(crossing, row.arrived_at, outcome, row.grant_id)


def _draft(stored: StoredCrossing) -> MomentDraft:
    crossing = stored.crossing
    return MomentDraft(
        moments.crossing_moment_id(crossing.crossing_id),
        MomentKind.CROSSING,
        crossing.at,
        stored.arrived_at,
        "Person in" if crossing.direction is Direction.IN else "Person out",
        crossing_labels(crossing, stored.outcome),
        crossing.door,
        (crossing.camera,),
        detail=_DETAILS.get(stored.outcome) if stored.outcome else None,
        details={
            "crossing_id": crossing.crossing_id,
            "direction": crossing.direction.value,
            "outcome": None if stored.outcome is None else stored.outcome.value,
            "track": crossing.track,
            **appearances.columns_of(crossing.appearance),
        },
    )


def _judged_otherwise(crossing: Crossing, former: Crossing) -> bool:
    """Whether more changed than what the rule never reads."""
    return replace(crossing, appearance=former.appearance) != former


def _mark_dirty(
    conn: Connection,
    account: str,
    changed: Sequence[Crossing],
    before: Mapping[str, StoredCrossing],
    now: Micros,
) -> None:
    spans: dict[str, tuple[Micros, Micros]] = {}
    for crossing in changed:
        former = before.get(crossing.crossing_id)
        for version in (crossing, *([former.crossing] if former else [])):
            start, end = spans.get(version.door, (version.at, version.at))
            spans[version.door] = (min(start, version.at), max(end, version.at))
    dirty.mark(conn, account, spans, now)
