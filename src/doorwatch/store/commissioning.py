"""Commissioning runs and doors' certificates. A run can be changed while it is open; a certificate never."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from doorwatch.domain.access import Direction
from doorwatch.domain.commissioning import Counted, Mark
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict.people import see
from doorwatch.store import doors
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sql import insert
from doorwatch.store.schema.commissioning import certificates, commissioning_marks, commissioning_runs
from doorwatch.store.schema.places import scenes
from doorwatch.store.windows import WindowReader

MOST_MARKS = 2000
"""Of one run."""


class RunState(StrEnum):
    """Where a run stands."""

    OPEN = "open"
    FINISHED = "finished"
    DROPPED = "dropped"


class RunSource(StrEnum):
    """What people were counted on by hand."""

    WALK = "walk"
    RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class Run:
    """A commissioning run; crossings from `since` to `until` (None: still walking) are compared with its marks."""

    run_id: str
    door_id: str
    source: RunSource
    since: Micros
    until: Micros | None
    tolerance: Micros
    started_at: Micros
    started_by: str
    state: RunState = RunState.OPEN


@dataclass(frozen=True, slots=True)
class Certificate:
    """The result of a finished run; `digest` is that of the body as it was issued."""

    certificate_id: str
    door_id: str
    run_id: str
    issued_at: Micros
    body: Mapping[str, Any]
    digest: str

    @property
    def unchanged(self) -> bool:
        """Whether the body is still what was issued."""
        return digest_of(self.body) == self.digest


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 of a certificate's body: JSON with sorted keys and no spaces."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def start_run(
    conn: Connection,
    account: str,
    door_id: str,
    *,
    source: RunSource,
    since: Micros,
    until: Micros | None,
    tolerance: Micros,
    now: Micros,
    by: str,
) -> Run:
    """Start a run; raises UnknownError, and ConflictError while another one of the door is open."""
    doors.get_door(conn, account, door_id)
    if open_run(conn, account, door_id) is not None:
        raise ConflictError("a run of this door is open already: go on with it, finish it or drop it")
    run = Run(new_id("run"), door_id, source, since, until, tolerance, now, by)
    conn.execute(
        commissioning_runs.insert().values(
            account_id=account,
            run_id=run.run_id,
            door_id=door_id,
            source=source.value,
            since=since,
            until=until,
            tolerance_us=tolerance,
            started_at=now,
            started_by=by,
            state=run.state.value,
        )
    )
    return run


def open_run(conn: Connection, account: str, door_id: str) -> Run | None:
    """The door's run that is open; None when there is none."""
    query = select(commissioning_runs).where(
        commissioning_runs.c.account_id == account,
        commissioning_runs.c.door_id == door_id,
        commissioning_runs.c.state == RunState.OPEN.value,
    )
    row = conn.execute(query.order_by(commissioning_runs.c.started_at)).first()
    return None if row is None else _run(row)


def get_run(conn: Connection, account: str, run_id: str) -> Run:
    """One run; raises UnknownError."""
    row = conn.execute(select(commissioning_runs).where(*_is(account, run_id))).first()
    if row is None:
        raise UnknownError("there is no such commissioning run; start one on the door's page")
    return _run(row)


def end_run(conn: Connection, account: str, run_id: str, state: RunState, until: Micros) -> Run:
    """Finish or drop an open run; raises UnknownError, and ConflictError when it is closed already."""
    run = _opened(conn, account, run_id)
    end = run.until if run.until is not None else max(until, run.since)
    conn.execute(update(commissioning_runs).where(*_is(account, run_id)).values(state=state.value, until=end))
    return get_run(conn, account, run_id)


def add_marks(conn: Connection, account: str, run_id: str, batch: Sequence[Mark], now: Micros) -> int:
    """Note people; a mark that is known already stays as it was. How many are new.

    Raises UnknownError, and ConflictError when the run is closed or has too many marks.
    """
    _opened(conn, account, run_id)
    known = {mark.mark_id for mark in marks_of(conn, account, run_id)}
    new = {mark.mark_id: mark for mark in batch if mark.mark_id not in known}
    if len(known) + len(new) > MOST_MARKS:
        raise ConflictError(f"a run has at most {MOST_MARKS} marks: finish this one and start another")
    if new:
        conn.execute(
            insert(conn, commissioning_marks).on_conflict_do_nothing(),
            [
                {
                    "account_id": account,
                    "run_id": run_id,
                    "mark_id": mark.mark_id,
                    "at": mark.at,
                    "direction": mark.direction.value,
                    "noted_at": now,
                }
                for mark in new.values()
            ],
        )
    return len(new)


def remove_mark(conn: Connection, account: str, run_id: str, mark_id: str) -> bool:
    """Take a mark back; whether it was there. Raises UnknownError, ConflictError."""
    _opened(conn, account, run_id)
    mine = delete(commissioning_marks).where(
        commissioning_marks.c.account_id == account,
        commissioning_marks.c.run_id == run_id,
        commissioning_marks.c.mark_id == mark_id,
    )
    return bool(conn.execute(mine).rowcount)


def marks_of(conn: Connection, account: str, run_id: str) -> list[Mark]:
    """A run's marks in order of time."""
    query = select(commissioning_marks).where(
        commissioning_marks.c.account_id == account, commissioning_marks.c.run_id == run_id
    )
    rows = conn.execute(query.order_by(commissioning_marks.c.at, commissioning_marks.c.mark_id))
    return [Mark(row.mark_id, row.at, Direction(row.direction)) for row in rows]


def counted_in(conn: Connection, account: str, door_id: str, start: Micros, end: Micros, now: Micros) -> list[Counted]:
    """People counted at a door from `start` to `end`, each once whichever cameras saw them, as the rule counts them."""
    inputs = WindowReader(conn, account, [door_id]).read(door_id, start, end).inputs
    return [
        Counted(crossing.crossing_id, crossing.at, crossing.direction)
        for crossing in see(inputs, now).counted
        if crossing.door == door_id
    ]


def scene_versions(conn: Connection, account: str, door_id: str, now: Micros) -> dict[str, Micros]:
    """Camera id to the time from which its scene of this door is in force."""
    query = select(scenes.c.camera_id, func.max(scenes.c.valid_from).label("since")).where(
        scenes.c.account_id == account, scenes.c.door_id == door_id, scenes.c.valid_from <= now
    )
    return {row.camera_id: row.since for row in conn.execute(query.group_by(scenes.c.camera_id))}


def issue(
    conn: Connection, account: str, *, door_id: str, run_id: str, body: Mapping[str, Any], now: Micros
) -> Certificate:
    """Keep a result for good."""
    certificate = Certificate(new_id("cert"), door_id, run_id, now, dict(body), digest_of(body))
    row = {name: getattr(certificate, name) for name in Certificate.__dataclass_fields__}
    conn.execute(certificates.insert().values(account_id=account, **row))
    return certificate


def list_certificates(
    conn: Connection, account: str, door_id: str | None = None, *, limit: int = 100
) -> list[Certificate]:
    """Certificates of a door or of all doors, the newest first."""
    query = select(certificates).where(certificates.c.account_id == account)
    if door_id is not None:
        query = query.where(certificates.c.door_id == door_id)
    rows = conn.execute(query.order_by(certificates.c.issued_at.desc(), certificates.c.certificate_id).limit(limit))
    return [_certificate(row) for row in rows]


def get_certificate(conn: Connection, account: str, certificate_id: str) -> Certificate:
    """One certificate; raises UnknownError."""
    query = select(certificates).where(
        certificates.c.account_id == account, certificates.c.certificate_id == certificate_id
    )
    row = conn.execute(query).first()
    if row is None:
        raise UnknownError("there is no such certificate; the door's page lists those there are")
    return _certificate(row)


def _opened(conn: Connection, account: str, run_id: str) -> Run:
    run = get_run(conn, account, run_id)
    if run.state is not RunState.OPEN:
        raise ConflictError(f"this run is {run.state.value}: start another one")
    return run


def _is(account: str, run_id: str) -> tuple[Any, ...]:
    return commissioning_runs.c.account_id == account, commissioning_runs.c.run_id == run_id


def _run(row: Row[Any]) -> Run:
    return Run(
        row.run_id,
        row.door_id,
        RunSource(row.source),
        row.since,
        row.until,
        row.tolerance_us,
        row.started_at,
        row.started_by,
        RunState(row.state),
    )


def _certificate(row: Row[Any]) -> Certificate:
    return Certificate(*(getattr(row, name) for name in Certificate.__dataclass_fields__))
