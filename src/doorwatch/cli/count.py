"""`doorwatch count`: the people who pass a door in a video, one JSON line per crossing."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from doorwatch.cli.progress import Progress, Wanted
from doorwatch.domain.scene import Scene, SceneError, scene_from_mapping
from doorwatch.domain.time import to_seconds
from doorwatch.vision.count import count_frames
from doorwatch.vision.models import open_detector

app = typer.Typer(add_completion=False, help="Count the people who pass a door in a video.")


@app.command()
def count(
    video: Annotated[Path, typer.Argument(help="The video file.")],
    scene: Annotated[Path, typer.Option(help="scene.yaml: how the camera sees the door.")],
    detector: Annotated[
        str | None, typer.Option(help="Name or path of the detector; the best one on this machine when absent.")
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of this installation's data.")] = None,
    every: Annotated[int, typer.Option(min=1, max=100, help="Look at every n-th frame.")] = 1,
    fps: Annotated[
        float | None,
        typer.Option(min=0.1, max=240, help="Frames a second of a raw stream (.h264), which carries no times."),
    ] = None,
    progress: Wanted = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, which are printed in any case.")] = True,  # noqa: ARG001 - every command takes it
) -> None:
    """Print one JSON line per crossing: door, time in seconds from the start, frame, direction, track, confidence.

    Ends with 1 when the video turns out to be incomplete; what it holds is counted all the same.
    """
    drawn = read_scene(scene)
    incomplete: list[str] = []
    far = Progress("count", wanted=progress)
    found = count_frames(
        video,
        drawn,
        detector=open_detector(detector, data_dir),
        every=every,
        fps=fps,
        tell=incomplete.append,
        remark=lambda sentence: typer.echo(f"count: {sentence}", err=True),
        passed=far.passed,
    )
    for counted in found:
        far.clear()
        crossing = counted.crossing
        row = {
            "door": crossing.door,
            "time": round(to_seconds(crossing.at), 3),
            "frame": counted.frame,
            "direction": crossing.direction.value,
            "track": crossing.track,
            "confidence": crossing.confidence,
        }
        if crossing.possible:
            row["possible"] = crossing.possible
        typer.echo(json.dumps(row))
    far.clear()
    for sentence in incomplete:
        typer.echo(f"count: {sentence}", err=True)
    if incomplete:
        raise typer.Exit(1)


def read_scene(path: Path) -> Scene:
    """Read a scene.yaml. Raises SceneError with the file's name, and the line where the YAML is broken."""
    try:
        mapping = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise SceneError(f"{path} cannot be read ({error.strerror}); give the path of a scene.yaml") from error
    except UnicodeDecodeError as error:
        raise SceneError(f"{path} is not text; give the path of a scene.yaml") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SceneError(f"{path}{line} is not YAML; write it like the example in the guide on cameras") from error
    return scene_from_mapping(mapping, where=str(path))
