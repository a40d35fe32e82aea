"""`doorwatch audit`: judge recorded access events against a video or a list of crossings, offline."""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from doorwatch.cli.audit_files import (
    CameraSpan,
    Lines,
    PacsSpan,
    crossing_reader,
    read_coverage,
    read_event,
    read_lines,
    read_policy,
    usual_crossing,
    usual_event,
)
from doorwatch.cli.progress import Progress, Wanted
from doorwatch.domain.access import AccessEvent
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.incident import Incident
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import DAY, MINUTE, Micros, from_iso, to_iso, to_seconds
from doorwatch.domain.verdict import DoorInputs, PolicyVersion, Span, judge, propose_offset

app = typer.Typer(add_completion=False)

_SHOWN = 20
"""So many bad lines are told one by one."""


@dataclass(frozen=True, slots=True)
class Material:
    """All that an audit judges."""

    events: list[AccessEvent]
    crossings: list[Crossing]
    policy: Policy
    coverage: list[CameraSpan | PacsSpan]


@app.command()
def audit(
    events: Annotated[Path, typer.Option(help="Access events, one JSON object per line.")],
    video: Annotated[Path | None, typer.Option(help="A video of one door; its people are counted.")] = None,
    scene: Annotated[Path | None, typer.Option(help="How the video shows the door: scene.yaml.")] = None,
    start: Annotated[
        str | None,
        typer.Option(
            help="Time of the video's first frame, ISO 8601 (UTC where it names no zone); without it, that of the first event."
        ),
    ] = None,
    crossings: Annotated[
        Path | None, typer.Option(help="Crossings, one JSON object per line, instead of a video.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="The doors' policy; without it, the defaults.")] = None,
    coverage: Annotated[
        Path | None, typer.Option(help="When cameras and PACS were watching; without it, always.")
    ] = None,
    detector: Annotated[
        str | None, typer.Option(help="Name or path of the detector; the best one on this machine when absent.")
    ] = None,
    progress: Wanted = None,
    _json: Annotated[
        bool, typer.Option("--json", help="One JSON line per incident, which is printed in any case.")
    ] = False,
) -> None:
    """Judge recorded access events against a video or crossings: prints one JSON line per incident.

    Ends with 0 when all is well, 1 when there are incidents or lines that could not be read, 2 when nothing could
    be judged.
    """
    if (video is None) == (crossings is None):
        raise typer.BadParameter("give either --video with --scene, or --crossings")
    if (video is None) != (scene is None):
        raise typer.BadParameter("--video and --scene belong together")
    try:
        first_frame = None if start is None else from_iso(start)
    except ValueError as error:
        raise typer.BadParameter(f"--start: {error}") from None
    collecting = gc.isenabled()
    gc.disable()  # all that is read stays until the end: to look through it for garbage costs a fifth of the time
    try:
        far = Progress("audit", wanted=progress)
        found_wrong = _run(events, video, scene, first_frame, crossings, policy, coverage, detector, far)
    except DoorwatchError as error:
        typer.echo(f"doorwatch: {error}", err=True)
        raise typer.Exit(2) from None
    finally:
        if collecting:
            gc.enable()
    raise typer.Exit(1 if found_wrong else 0)


def _run(
    events_file: Path,
    video: Path | None,
    scene_file: Path | None,
    start: Micros | None,
    crossings_file: Path | None,
    policy_file: Path | None,
    coverage_file: Path | None,
    detector: str | None,
    far: Progress,
) -> bool:
    policy = Policy() if policy_file is None else read_policy(policy_file)
    events = read_lines(events_file, read_event, quick=usual_event)
    coverage: Lines[CameraSpan | PacsSpan] = (
        Lines() if coverage_file is None else read_lines(coverage_file, read_coverage)
    )
    listed: Lines[Crossing] = Lines()
    if crossings_file is not None:
        listed = read_lines(crossings_file, crossing_reader(start), quick=usual_crossing)
    bad = [*events.bad, *coverage.bad, *listed.bad]
    _tell_bad(bad)
    _must_hold(events_file, "event", events)
    if crossings_file is not None:
        _must_hold(crossings_file, "crossing", listed)
        _point_out_strangers(events.good, listed.good)
    crossings = listed.good
    incomplete: list[str] = []
    if video is not None and scene_file is not None:
        crossings = _count(video, scene_file, start, detector, events.good, incomplete.append, far)
    for sentence in incomplete:
        typer.echo(f"audit: {sentence}", err=True)
    material = Material(events.good, crossings, policy, coverage.good)
    incidents = judge_all(material)
    _point_out_clocks(material, incidents)
    for incident in incidents:
        typer.echo(msgspec.json.encode(as_line(incident)).decode())
    doors = {event.device_id for event in events.good} | {crossing.door for crossing in crossings}
    typer.echo(
        f"audit: events {len(events.good)}, crossings {len(crossings)}, doors {len(doors)}, "
        f"incidents {len(incidents)}, bad lines {len(bad)}",
        err=True,
    )
    return bool(incidents or bad or incomplete)


def judge_all(material: Material) -> list[Incident]:
    """The incidents of all doors, sorted by time: each door judged on its own, long after everything happened."""
    doors = _by_door(material)
    times = [event.at for event in material.events] + [crossing.at for crossing in material.crossings]
    now = max(times, default=0) + DAY
    incidents = [
        incident
        for door, (events, crossings) in doors.items()
        for incident in judge(_inputs(door, events, crossings, material), now).incidents
    ]
    return sorted(incidents, key=lambda incident: (incident.start, incident.door, incident.incident_id))


def _by_door(material: Material) -> dict[str, tuple[list[AccessEvent], list[Crossing]]]:
    doors: dict[str, tuple[list[AccessEvent], list[Crossing]]] = defaultdict(lambda: ([], []))
    for event in material.events:
        doors[event.device_id][0].append(event)
    for crossing in material.crossings:
        doors[crossing.door][1].append(crossing)
    return doors


def _inputs(door: str, events: list[AccessEvent], crossings: list[Crossing], material: Material) -> DoorInputs:
    cameras = [one for one in material.coverage if isinstance(one, CameraSpan)]
    pacs = [one for one in material.coverage if isinstance(one, PacsSpan)]
    own = {crossing.camera for crossing in crossings}
    seen: dict[str, list[Span]] = defaultdict(list)
    for one in cameras:
        if one.door == door or (one.door is None and (not own or one.camera in own or not one.camera)):
            seen[one.camera].append(one.span)
    subscribed = [one.subscribed for one in pacs if one.subscribed is not None]
    return DoorInputs(
        account="audit",
        door=door,
        events=events,
        crossings=crossings,
        policies=(PolicyVersion(-(1 << 62), material.policy),),
        camera_coverage=dict(seen) if cameras else None,
        pacs_coverage=[one.span for one in pacs] if pacs else None,
        subscribed=frozenset().union(*subscribed) if subscribed else None,
    )


def as_line(incident: Incident) -> dict[str, Any]:
    """An incident as the line that is printed."""
    return {
        "door": incident.door,
        "kind": incident.kind.value,
        "start": to_iso(incident.start),
        "end": to_iso(incident.end),
        "people": incident.people,
        "grants": incident.grants,
        "excess": incident.excess,
        "reason": incident.reason,
        "crossings": list(incident.crossing_ids),
        "grant_ids": list(incident.grant_ids),
        "excess_crossings": list(incident.excess_crossing_ids),
        "possible": incident.possible,
        "state": incident.state.value,
        "coverage": incident.coverage.value,
        "incident_id": incident.incident_id,
    }


def _count(
    video: Path,
    scene_file: Path,
    start: Micros | None,
    detector: str | None,
    events: Iterable[AccessEvent],
    tell: Callable[[str], None],
    far: Progress,
) -> list[Crossing]:
    # an audit of crossings needs no video, and none of its libraries
    from doorwatch.cli.count import read_scene  # noqa: PLC0415
    from doorwatch.vision.count import count_video  # noqa: PLC0415
    from doorwatch.vision.models import open_detector  # noqa: PLC0415

    scene = read_scene(scene_file)
    times = [event.at for event in events]
    if start is None:
        if not times:
            raise DoorwatchError(
                "without events nothing says when the video begins; give the time of its first frame with --start"
            )
        start = _assumed_start(times)
        typer.echo(f"audit: without --start the video is taken to begin at {to_iso(start)}", err=True)
    if times and not any(event.device_id == scene.door for event in events):
        typer.echo(
            f"audit: none of the events is about {scene.door!r}, the door of {scene_file}; "
            "`door` there must be the device_id of the events",
            err=True,
        )
    using, camera = open_detector(detector), video.stem
    found = list(count_video(video, scene, detector=using, start=start, camera=camera, tell=tell, passed=far.passed))
    far.clear()
    return found


def _assumed_start(times: list[Micros]) -> Micros:
    """The first event's time; or zero for events whose times are counted from the start of the video."""
    first = min(times, default=0)
    return 0 if 0 <= first < DAY else first


def _must_hold(file: Path, noun: str, lines: Lines[Any]) -> None:
    """A file of which not one line can be read says nothing of the door: no verdict may look as if it did."""
    if lines.bad and not lines.good:
        raise DoorwatchError(
            f"{file} holds no {noun} that can be read: all {len(lines.bad)} of its lines are bad; "
            f"is it the file of the {noun}s, one JSON object per line?"
        )


def _point_out_strangers(events: list[AccessEvent], crossings: list[Crossing]) -> None:
    """Doors that people pass and no event is about: perhaps the two files name them differently."""
    strangers = sorted({crossing.door for crossing in crossings} - {event.device_id for event in events})
    if events and strangers:
        named = ", ".join(repr(door) for door in strangers[:_SHOWN]) + (" and more" if len(strangers) > _SHOWN else "")
        typer.echo(
            f"audit: no event is about {named}: whoever enters there has no grant; "
            "`door` of a crossing must be the device_id of the events",
            err=True,
        )


def _point_out_clocks(material: Material, incidents: list[Incident]) -> None:
    """Doors with incidents at which the times of events and people hardly can be of one clock."""
    doors = _by_door(material)
    for door in sorted({incident.door for incident in incidents}):
        events, crossings = doors[door]
        if not events or not crossings:
            continue
        told, seen = _stretch(event.at for event in events), _stretch(crossing.at for crossing in crossings)
        if told.end < seen.start - MINUTE or seen.end < told.start - MINUTE:
            sentence = (
                f"the events of {door!r} are of {_named(told)}, and people passed at {_named(seen)}: are both in the same zone, "
                "and is --start right?"
            )
        elif (offset := propose_offset(_inputs(door, events, crossings, material))) is not None:
            sentence = (
                f"{offset.pairs} people who came alone at {door!r} passed {to_seconds(offset.delay):.1f} s after their grants, as the "
                f"clocks stand: try `clock_offset: {to_seconds(offset.offset):.1f}` in a file for --policy"
            )
        else:
            continue
        typer.echo(f"audit: {sentence}", err=True)


def _stretch(times: Iterable[Micros]) -> Span:
    known = sorted(times)
    return Span(known[0], known[-1])


def _named(span: Span) -> str:
    return f"{to_iso(span.start, 0)} to {to_iso(span.end, 0)}"


def _tell_bad(bad: list[str]) -> None:
    for sentence in bad[:_SHOWN]:
        typer.echo(f"audit: {sentence}", err=True)
    if len(bad) > _SHOWN:
        typer.echo(f"audit: and {len(bad) - _SHOWN} more bad lines", err=True)
