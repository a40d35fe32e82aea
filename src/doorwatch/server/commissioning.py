"""A commissioning run as it stands: what was noted beside what was counted, and the certificate that it ends in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from doorwatch import __version__
from doorwatch.domain.access import Direction
from doorwatch.domain.commissioning import Comparison, Counted, Figures, Mark, compare
from doorwatch.domain.time import SECOND, Micros, to_iso, to_seconds
from doorwatch.store import cameras, configuration, doors
from doorwatch.store import commissioning as runs
from doorwatch.store.commissioning import Run, RunState

LATEST_NEWS: Micros = 4 * SECOND
"""A crossing arrives at most about so long after it happened: somebody who vanished is waited for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run with its marks, the crossings it is compared with, and the comparison."""

    run: Run
    marks: tuple[Mark, ...]
    counted: tuple[Counted, ...]
    comparison: Comparison
    now: Micros

    @property
    def open_from(self) -> Micros:
        """Marks and crossings from then on may still find each other; everything before is decided.

        Nobody tells how far recorded video was watched but whoever marks it: an open run of it is decided up to the last mark.
        """
        if self.run.until is not None and self.run.state is RunState.OPEN:
            return max((mark.at for mark in self.marks), default=self.run.since - 1)
        if self.run.until is not None:
            return self.now + 1
        return self.now - self.run.tolerance - LATEST_NEWS

    @property
    def shown(self) -> tuple[Counted, ...]:
        """The crossings that may be shown to whoever counts: a count that is known beforehand is no count of his own.

        They are those that he noted, and those of a time when he would have.
        """
        noted = {crossing for _, crossing in self.comparison.pairs}
        return tuple(one for one in self.counted if one.crossing_id in noted or one.at <= self.open_from)

    @property
    def finish_in(self) -> Micros:
        """How long until the last mark is decided."""
        last = max((mark.at for mark in self.marks), default=0)
        return max(0, last - self.open_from) if self.run.until is None else 0

    def figures(self, way: Direction | None = None) -> Figures:
        """The numbers, of one direction or both; who may still be counted is not yet among them."""
        wanted = Direction if way is None else (way,)
        decided = {one.mark_id for one in self.marks if one.at <= self.open_from and one.direction in wanted}
        decided |= {one.crossing_id for one in self.counted if one.at <= self.open_from and one.direction in wanted}
        kinds = {one.mark_id: one.direction for one in self.marks}

        def count(ids: Iterable[str]) -> int:
            return sum(one in decided for one in ids)

        found = sum(kinds[mark] in wanted for mark, _ in self.comparison.pairs)
        wrong = count(mark for mark, _ in self.comparison.wrong_way)
        return Figures(found + count(self.comparison.missed), found, count(self.comparison.extra), wrong)


def standing(conn: Connection, account: str, run: Run, now: Micros) -> Standing:
    """How a run stands."""
    marks = runs.marks_of(conn, account, run.run_id)
    end = now if run.until is None else run.until
    around = runs.counted_in(conn, account, run.door_id, run.since - run.tolerance, end + run.tolerance, now)
    # A crossing just outside of the run's time may be somebody who was noted inside of it; else it is none of its.
    reaching = {crossing for _, crossing in compare(marks, around, run.tolerance).pairs}
    counted = [c for c in around if run.since <= c.at <= end or c.crossing_id in reaching]
    comparison = compare(marks, counted, run.tolerance)
    return Standing(run, tuple(marks), tuple(counted), comparison, now)


def certificate_body(conn: Connection, account: str, found: Standing, issued_by: str) -> dict[str, Any]:
    """All that a certificate says, readable without this installation."""
    run, now = found.run, found.now
    door = doors.get_door(conn, account, run.door_id)
    pairs = dict(found.comparison.pairs)
    extra = set(found.comparison.extra)
    return {
        "version": 1,
        "door": {"door_id": door.door_id, "name": door.name, "device_id": door.device_id},
        "cameras": _cameras(conn, account, run.door_id, now),
        "source": run.source.value,
        "since": to_iso(run.since),
        "until": to_iso(run.until if run.until is not None else now),
        "tolerance_s": to_seconds(run.tolerance),
        "walked_by": run.started_by,
        "issued_by": issued_by,
        "issued_at": to_iso(now),
        "software": f"Doorwatch {__version__}",
        "figures": figures_mapping(found.figures()),
        "directions": {way.value: figures_mapping(found.figures(way)) for way in Direction},
        "marks": [
            {"at": to_iso(mark.at), "direction": mark.direction.value, "crossing_id": pairs.get(mark.mark_id)}
            for mark in found.marks
        ],
        "extra": [
            {"at": to_iso(one.at), "direction": one.direction.value, "crossing_id": one.crossing_id}
            for one in found.counted
            if one.crossing_id in extra
        ],
    }


def figures_mapping(figures: Figures) -> dict[str, Any]:
    """Figures as JSON; shares rounded to a ten-thousandth."""
    low, high = figures.interval or (None, None)
    return {
        "walked": figures.walked,
        "found": figures.found,
        "missed": figures.missed,
        "extra": figures.extra,
        "wrong_way": figures.wrong_way,
        "rate": _rounded(figures.rate),
        "low": _rounded(low),
        "high": _rounded(high),
        "practice": figures.practice.value,
        "sentence": figures.sentence(),
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _cameras(conn: Connection, account: str, door_id: str, now: Micros) -> list[dict[str, Any]]:
    """The door's cameras, the primary one first, with the scene and the detector they count with now."""
    mapped = configuration.current_mappings(conn, account, now).get(door_id, ())
    scenes = configuration.current_scenes(conn, account, now)
    since = runs.scene_versions(conn, account, door_id, now)
    found = []
    for camera_id in mapped:
        camera = cameras.get_camera(conn, account, camera_id)
        scene = scenes.get(camera_id, {}).get(door_id)
        found.append(
            {
                "camera_id": camera_id,
                "name": camera.name,
                "detector": camera.status.detector,
                "width": camera.status.width,
                "height": camera.status.height,
                "fps": camera.status.fps,
                "scene": None if scene is None else scene.to_mapping(),
                "scene_since": to_iso(since[camera_id]) if camera_id in since else None,
            }
        )
    return found
