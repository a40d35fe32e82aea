"""Makes one export: finds the video of each camera, has it drawn, says what is missing, and signs it all."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from doorwatch import __version__
from doorwatch.domain.incident import CrossingOutcome
from doorwatch.domain.time import SECOND, Clock, Micros, to_iso
from doorwatch.recording.encoding import is_encoded
from doorwatch.server.exporting.bundle import Piece, write_bundle
from doorwatch.server.exporting.contents import Contents, View, Wish
from doorwatch.server.exporting.drawing import Job, Made
from doorwatch.server.exporting.footage import Footage, NoFootageError
from doorwatch.server.exporting.process import Progress, made_apart
from doorwatch.server.exporting.report import report_page
from doorwatch.server.exporting.signing import EvidenceKey
from doorwatch.store.exports import Export

Find = Callable[[View], AsyncIterator[Footage | NoFootageError]]

_GAP: Micros = SECOND
_STATES = {CrossingOutcome.EXCESS: "excess", CrossingOutcome.POSSIBLE: "possible"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One camera's video in the bundle, as its manifest tells it, with its files."""

    told: dict[str, Any]
    pieces: tuple[Piece, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """The video of one camera: files, each with when its first picture was captured, and where they come from."""

    clips: tuple[tuple[Path, Micros], ...]
    origin: str


@dataclass(frozen=True, slots=True)
class Maker:
    """What making exports takes: the detectors' folder, and a clock."""

    data_dir: Path
    clock: Clock

    async def make(
        self, export: Export, contents: Contents, key: EvidenceKey, folder: Path, *, find: Find, progress: Progress
    ) -> tuple[Path, list[str]]:
        """The bundle, written into `folder` with all that it is made of, and what is missing in it.

        Raises DoorwatchError, OSError.
        """
        wish = Wish.read(export.wish)
        shown: list[Shown] = []
        missing: list[str] = []
        for index, view in enumerate(contents.views):
            count = len(contents.views)

            async def share(part: float, index: int = index, count: int = count) -> None:
                await progress((index + part) / count)

            found, why = await _fetched(find(view), folder / f"{index}", share)
            if not found:
                missing.append(f"camera {view.name}: no video, {why}")
                continue
            if why is not None:
                missing.append(f"camera {view.name}: {why}")
            one = await self._show(view, found, folder / f"{index}", contents, wish, share)
            shown.append(one)
            missing += one.missing
        if not contents.views:
            missing.append("no camera was mapped to the door then: there is no video")
        told = _told(export, contents, wish, shown, missing, self.clock.now())
        pieces = [*(piece for one in shown for piece in one.pieces), *contents.pieces()]
        pieces.insert(0, Piece("report.html", report_page(contents, told, key.public.fingerprint), "all of it to read"))
        bundle = folder / "evidence.zip"
        await asyncio.to_thread(_write, bundle, pieces, told, key)
        return bundle, missing

    async def _show(
        self, view: View, found: Fetched, folder: Path, contents: Contents, wish: Wish, progress: Progress
    ) -> Shown:
        name = _file_name(view.name)
        joined, video, picture = (folder / part for part in ("joined.mp4", "video.mp4", "picture.jpg"))
        # The camera's setting may be younger than the video: only what was encoded here can have been blurred.
        blurred = view.blurred and await asyncio.to_thread(lambda: all(is_encoded(path) for path, _ in found.clips))
        job = Job(
            [(str(path), at) for path, at in found.clips],
            str(joined),
            wish.start,
            wish.end,
            str(video),
            str(picture),
            contents.start,
            str(self.data_dir),
            explanation=_explanation(view, contents) if wish.overlay else None,
            blur=wish.blur and not blurred,
        )
        made = await made_apart(job, self.clock, progress)
        pieces = [
            Piece(f"video/{name}.mp4", video, f"what {view.name} saw"),
            Piece(f"video/{name}.jpg", picture, "its picture of the entry"),
        ]
        original = wish.original and (blurred or not wish.blur)
        if original:
            source = found.clips[0][0] if len(found.clips) == 1 else joined
            pieces.append(Piece(f"original/{name}.mp4", source, "the same as it was recorded, not encoded anew"))
        missing = [f"camera {view.name}: {hole}" for hole in _holes(view, made, wish)]
        told = {
            "file": f"video/{name}.mp4",
            "original": f"original/{name}.mp4" if original else None,
            "camera": view.name,
            "camera_id": view.camera_id,
            "origin": found.origin,
            "from": to_iso(made.start),
            "until": to_iso(made.end),
            "pictures": made.pictures,
            "size": [made.width, made.height],
            "done_to_it": _done(blurred, wish, made),
            "camera_clock_behind_ms": view.skew_ms,
            "recorded": [[to_iso(start), to_iso(end)] for start, end in view.recorded],
            "counted": [[to_iso(start), to_iso(end)] for start, end in view.seen],
        }
        return Shown(told, tuple(pieces), tuple(missing))


async def _fetched(
    pieces: AsyncIterator[Footage | NoFootageError], folder: Path, progress: Progress
) -> tuple[Fetched | None, str | None]:
    """The pieces as files in `folder`, None without any, and why there are no more. Raises OSError."""
    await asyncio.to_thread(folder.mkdir)
    clips: list[tuple[Path, Micros]] = []
    origin, why = "", None
    async for one in pieces:
        if isinstance(one, NoFootageError):
            why = str(one)
            continue
        path = folder / f"{len(clips)}.mp4"
        await asyncio.to_thread(path.write_bytes, one.data)
        clips.append((path, one.start))
        origin = one.origin
        await progress(0.0)  # hears, too, that the export is not wanted any more
    return (Fetched(tuple(clips), origin) if clips else None), why


def _write(bundle: Path, pieces: list[Piece], told: dict[str, Any], key: EvidenceKey) -> None:
    with bundle.open("wb") as file:
        write_bundle(pieces, told, key, file)


def _told(
    export: Export, contents: Contents, wish: Wish, shown: list[Shown], missing: list[str], now: Micros
) -> dict[str, Any]:
    incident = contents.incident
    return {
        "export_id": export.export_id,
        "made_at": to_iso(now),
        "made_by": export.asked_by,
        "asked_at": to_iso(export.asked_at),
        "doorwatch": __version__,
        "incident": {
            "incident_id": incident["incident_id"],
            "door": incident["door"]["name"],
            "site": contents.site,
            "time_zone": contents.zone,
            "kind": incident["kind"],
            "state": incident["state"],
            "review": incident["review"],
            "start": incident["start"],
            "end": incident["end"],
            "revision": incident["revision"],
            "reason": incident["reason"],
        },
        "asked": wish.told(),
        "video": [one.told for one in shown],
        "missing": missing,
        "clocks": {
            "video": "capture times, UTC",
            "access_events": "as the access control system told them, UTC",
            "access_system_ahead_s": contents.policy.get("clock_offset", 0),
        },
    }


def _explanation(view: View, contents: Contents) -> dict[str, Any]:
    steps = [
        [step.at, step.column, step.row, _STATES.get(one.outcome, "admitted") if one.outcome else "admitted"]
        for one in contents.crossings
        if one.crossing.camera == view.camera_id
        for step in one.crossing.trail
    ]
    title = f"{contents.incident['door']['name']} / {view.name}"
    scene = None if view.scene is None else view.scene.to_mapping()
    return {"title": title, "zone": contents.zone, "scene": scene, "steps": steps}


def _done(blurred: bool, wish: Wish, made: Made) -> list[str]:
    done = [f"cut to the picture, encoded anew (VP9, {made.width} x {made.height})"]
    if wish.overlay:
        done.append(
            "drawn upon: threshold, floor, tiles of who was admitted and who was not; a strip with the time below"
        )
    if blurred:
        done.append("people were blurred before it was kept; there is no other video of this camera")
    elif wish.blur:
        done.append(f"people were searched for with {made.detector} and hidden; whom it did not find is not hidden")
    return done


def _holes(view: View, made: Made, wish: Wish) -> list[str]:
    """What the video lacks of what was asked for, in words."""
    holes = list(made.holes)
    if made.start - wish.start > _GAP:
        holes.insert(0, (wish.start, made.start))
    if wish.end - made.end > _GAP:
        holes.append((made.end, wish.end))
    return [
        f"no pictures from {to_iso(start, 3)} to {to_iso(end, 3)} ({(end - start) / SECOND:.1f} s): {_why(view, start, end)}"
        for start, end in holes
    ]


def _why(view: View, start: Micros, end: Micros) -> str:
    if any(one < end and other > start for one, other in view.recorded):
        return (
            "the recording of this time is listed, but its files are gone or damaged, or its picture has another size, with which "
            "a video begins anew"
        )
    return "the camera was not recorded then, the recording was deleted, or it was not asked for when the clip was kept"


def _file_name(text: str) -> str:
    """A camera's name as one that every file system takes."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-.")[:60] or "camera"
