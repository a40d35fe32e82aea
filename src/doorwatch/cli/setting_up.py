"""What `doorwatch door propose` does: a scene out of a recording, as text to keep, and what to say of the camera."""

import json
from pathlib import Path
from typing import Any

import typer
import yaml

from doorwatch.cli.count import read_scene
from doorwatch.domain.placement import Placement, judge_placement
from doorwatch.domain.proposal import Proposal, propose_scene
from doorwatch.domain.scene import Scene
from doorwatch.vision.models import open_detector
from doorwatch.vision.walks import see_video


class _FlowLists(yaml.SafeDumper):
    """Points stay on one line, as in the guide."""


_FlowLists.add_representer(list, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, True))
_FlowLists.add_representer(tuple, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, True))


def propose(
    video: Path,
    *,
    door: str,
    scene: Path | None,
    detector: str | None,
    data_dir: Path | None,
    every: int,
    as_json: bool,
) -> int:
    """Print a proposed scene, or judge the camera by a drawn one; the exit code. Raises DoorwatchError."""
    drawn = None if scene is None else read_scene(scene)
    seen = see_video(video, open_detector(detector, data_dir), every=every)
    found = propose_scene(seen.walks, seen.size, door)
    judged = judge_placement(
        seen.size,
        seen.walks if drawn is None or drawn.size == seen.size else (),
        drawn or found.scene,
        fps=seen.fps,
        brightness=seen.brightness,
    )
    if as_json:
        typer.echo(json.dumps(_mapping(found, judged)))
    else:
        if found.scene is not None and drawn is None:
            typer.echo(scene_text(found.scene), nl=False)
        for line in _lines(found, judged, proposed=drawn is None):
            typer.echo(line, err=True)
    return 1 if (drawn is None and found.scene is None) or any(one.grave for one in judged.advice) else 0


def scene_text(scene: Scene) -> str:
    """A scene as scene.yaml."""
    text: str = yaml.dump(scene.to_mapping(), Dumper=_FlowLists, sort_keys=False, width=120, allow_unicode=True)
    return text


def _mapping(found: Proposal, judged: Placement) -> dict[str, Any]:
    meter = judged.meter
    return {
        "people": found.people,
        "scene": None if found.scene is None else found.scene.to_mapping(),
        "at_door": found.at_door,
        "confidence": found.confidence,
        "notes": list(found.notes),
        "pixels_per_metre": None if meter is None else round(meter.per_metre, 1),
        "pixels_per_foot": None if meter is None else round(meter.per_foot, 1),
        "person_pixels": None if meter is None else round(meter.person, 1),
        "advice": [{"concern": one.concern.value, "text": one.text, "grave": one.grave} for one in judged.advice],
    }


def _lines(found: Proposal, judged: Placement, *, proposed: bool) -> list[str]:
    lines = [f"# {note}" for note in found.notes] if proposed else []
    meter = judged.meter
    if meter is not None:
        lines.append(
            f"# At the door: {meter.per_metre:.0f} pixels a metre ({meter.per_foot:.0f} a foot); a person is "
            f"{meter.person:.0f} pixels tall."
        )
    return lines + [f"! {one.text}" for one in judged.advice]
