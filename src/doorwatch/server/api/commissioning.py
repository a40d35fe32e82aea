"""`/api/doors/.../commissioning`, `/api/certificates`: walking a door, and what comes of it."""

from fastapi import APIRouter
from sqlalchemy import Connection

from doorwatch.domain.access import Direction
from doorwatch.domain.commissioning import LIVE_TOLERANCE, RECORDED_TOLERANCE, Mark
from doorwatch.domain.time import HOUR, MILLISECOND, Micros, from_iso, to_iso, to_seconds
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.commissioning_shapes import (
    CertificateShape,
    CountedShape,
    FiguresShape,
    MarkShape,
    MarksInput,
    OpenRun,
    RunInput,
    RunShape,
)
from doorwatch.server.auth import Manager, Parts, Viewer
from doorwatch.server.commissioning import Standing, certificate_body, figures_mapping, standing
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.store import commissioning as runs
from doorwatch.store import doors
from doorwatch.store.commissioning import Certificate, RunSource, RunState

router = APIRouter(tags=["commissioning"], responses=ERRORS)

LONGEST = 4 * HOUR
"""Of recorded video in one run."""


@router.get("/api/doors/{door_id}/commissioning")
async def open_run(door_id: shapes.PathId, caller: Viewer, parts: Parts) -> OpenRun:
    """The run of a door that is open, as it stands now."""
    now = parts.clock.now()

    def read(conn: Connection) -> OpenRun:
        doors.get_door(conn, caller.account, door_id)
        run = runs.open_run(conn, caller.account, door_id)
        return OpenRun(
            run=None if run is None else _shape(conn, caller.account, standing(conn, caller.account, run, now))
        )

    return await parts.db.read(read)


@router.post("/api/doors/{door_id}/commissioning", status_code=201)
async def start_run(door_id: shapes.PathId, body: RunInput, caller: Manager, parts: Parts) -> RunShape:
    """Start a run: people walk from now on, or are marked on what was recorded."""
    now = parts.clock.now()
    live = body.source == "walk"
    since, until = (now, None) if live else _recorded_time(body, now)

    def start(conn: Connection) -> str:
        run = runs.start_run(
            conn,
            caller.account,
            door_id,
            source=RunSource(body.source),
            since=since,
            until=until,
            tolerance=LIVE_TOLERANCE if live else RECORDED_TOLERANCE,
            now=now,
            by=caller.name,
        )
        note(conn, caller, now, "commissioning.start", door_id, {"run_id": run.run_id, "source": body.source})
        return run.run_id

    run_id = await parts.db.write(start)
    return await _run(parts, caller.account, run_id)


@router.get("/api/commissioning/{run_id}")
async def get_run(run_id: shapes.PathId, caller: Viewer, parts: Parts) -> RunShape:
    """A run as it stands now."""
    return await _run(parts, caller.account, run_id)


@router.post("/api/commissioning/{run_id}/marks")
async def add_marks(run_id: shapes.PathId, body: MarksInput, caller: Manager, parts: Parts) -> RunShape:
    """Note people who went through the door."""
    now = parts.clock.now()
    marks = [
        Mark(one.mark_id, _time(one.at, now - one.ago_ms * MILLISECOND), Direction(one.direction)) for one in body.marks
    ]

    def add(conn: Connection) -> None:
        run = runs.get_run(conn, caller.account, run_id)
        end = now if run.until is None else run.until
        for mark in marks:
            if not run.since - run.tolerance <= mark.at <= end + run.tolerance:
                raise ApiError(422, f"{to_iso(mark.at)} lies outside of the run: it goes from {to_iso(run.since)} on")
        runs.add_marks(conn, caller.account, run_id, marks, now)

    await parts.db.write(add)
    return await _run(parts, caller.account, run_id)


@router.delete("/api/commissioning/{run_id}/marks/{mark_id}")
async def take_back(run_id: shapes.PathId, mark_id: shapes.PathId, caller: Manager, parts: Parts) -> RunShape:
    """Take a mark back that was a slip of the finger."""
    await parts.db.write(lambda conn: runs.remove_mark(conn, caller.account, run_id, mark_id))
    return await _run(parts, caller.account, run_id)


@router.post("/api/commissioning/{run_id}/finish", status_code=201)
async def finish_run(run_id: shapes.PathId, caller: Manager, parts: Parts) -> CertificateShape:
    """End a run and keep its result as the door's certificate."""
    now = parts.clock.now()

    def finish(conn: Connection) -> Certificate:
        run = runs.get_run(conn, caller.account, run_id)
        waiting = standing(conn, caller.account, run, now)
        if not waiting.marks:
            raise ApiError(409, "nobody was noted in this run: walk the door, or drop the run")
        if run.state is RunState.OPEN and waiting.finish_in > 0:
            raise ApiError(
                409,
                f"the last walk may still be counted: finish in {to_seconds(waiting.finish_in):.0f} s",
                headers={"Retry-After": str(int(to_seconds(waiting.finish_in)) + 1)},
            )
        run = runs.end_run(conn, caller.account, run_id, RunState.FINISHED, now)
        body = certificate_body(conn, caller.account, standing(conn, caller.account, run, now), caller.name)
        issued = runs.issue(conn, caller.account, door_id=run.door_id, run_id=run_id, body=body, now=now)
        told = {"certificate_id": issued.certificate_id, "digest": issued.digest, **_in_short(body)}
        note(conn, caller, now, "door.certificate", run.door_id, told)
        return issued

    return certificate_shape(await parts.db.write(finish))


@router.post("/api/commissioning/{run_id}/drop")
async def drop_run(run_id: shapes.PathId, caller: Manager, parts: Parts) -> shapes.Done:
    """End a run without a result."""
    now = parts.clock.now()

    def drop(conn: Connection) -> None:
        run = runs.end_run(conn, caller.account, run_id, RunState.DROPPED, now)
        note(conn, caller, now, "commissioning.drop", run.door_id, {"run_id": run_id})

    await parts.db.write(drop)
    return shapes.Done()


@router.get("/api/certificates")
async def list_certificates(caller: Viewer, parts: Parts) -> list[CertificateShape]:
    """The newest certificates of all doors."""
    found = await parts.db.read(lambda conn: runs.list_certificates(conn, caller.account, limit=500))
    return [certificate_shape(one) for one in found]


@router.get("/api/certificates/{certificate_id}")
async def get_certificate(certificate_id: shapes.PathId, caller: Viewer, parts: Parts) -> CertificateShape:
    """One certificate."""
    return certificate_shape(
        await parts.db.read(lambda conn: runs.get_certificate(conn, caller.account, certificate_id))
    )


@router.get("/api/doors/{door_id}/certificates")
async def certificates_of_door(door_id: shapes.PathId, caller: Viewer, parts: Parts) -> list[CertificateShape]:
    """A door's certificates, the newest first."""

    def read(conn: Connection) -> list[Certificate]:
        doors.get_door(conn, caller.account, door_id)
        return runs.list_certificates(conn, caller.account, door_id)

    return [certificate_shape(one) for one in await parts.db.read(read)]


def certificate_shape(found: Certificate) -> CertificateShape:
    """A certificate as JSON."""
    return CertificateShape(
        certificate_id=found.certificate_id,
        door_id=found.door_id,
        issued_at=to_iso(found.issued_at),
        digest=found.digest,
        unchanged=found.unchanged,
        body=dict(found.body),
    )


def _in_short(body: dict[str, object]) -> dict[str, object]:
    figures = body["figures"]
    assert isinstance(figures, dict)  # noqa: S101 - made a line before
    return {key: figures[key] for key in ("walked", "found", "extra")}


def _recorded_time(body: RunInput, now: Micros) -> tuple[Micros, Micros]:
    if body.since is None or body.until is None:
        raise ApiError(422, "a run on recorded video needs since and until", field="since")
    since, until = _time(body.since, now), _time(body.until, now)
    if not since < until <= now:
        raise ApiError(422, "until must lie after since, and not in the future", field="until")
    if until - since > LONGEST:
        raise ApiError(422, f"at most {LONGEST // HOUR} hours of recorded video fit into one run", field="until")
    return since, until


def _time(text: str | None, otherwise: Micros) -> Micros:
    if text is None:
        return otherwise
    try:
        return from_iso(text)
    except ValueError as error:
        raise ApiError(422, f"a time can't be read: {error}") from None


async def _run(parts: Parts, account: str, run_id: str) -> RunShape:
    now = parts.clock.now()

    def read(conn: Connection) -> RunShape:
        return _shape(conn, account, standing(conn, account, runs.get_run(conn, account, run_id), now))

    return await parts.db.read(read)


def _shape(conn: Connection, account: str, found: Standing) -> RunShape:
    run, comparison = found.run, found.comparison
    pairs, wrong = dict(comparison.pairs), dict(comparison.wrong_way)
    known = set(pairs.values())
    still = found.open_from
    marks = [
        MarkShape(
            mark_id=mark.mark_id,
            at=to_iso(mark.at),
            direction=mark.direction.value,
            state="found"
            if mark.mark_id in pairs
            else "waiting"
            if mark.at > still
            else "wrong way"
            if mark.mark_id in wrong
            else "missed",
            crossing_id=pairs.get(mark.mark_id),
        )
        for mark in found.marks
    ]
    counted = [
        CountedShape(
            crossing_id=one.crossing_id,
            at=to_iso(one.at),
            direction=one.direction.value,
            state="found" if one.crossing_id in known else "extra",
        )
        for one in found.shown
    ]
    return RunShape(
        run_id=run.run_id,
        door_id=run.door_id,
        door=doors.get_door(conn, account, run.door_id).name,
        source=run.source.value,
        state=run.state.value,
        since=to_iso(run.since),
        until=None if run.until is None else to_iso(run.until),
        tolerance_s=to_seconds(run.tolerance),
        started_by=run.started_by,
        figures=FiguresShape(**figures_mapping(found.figures())),
        marks=marks,
        counted=counted,
        finish_in_ms=-(-found.finish_in // MILLISECOND),
    )
