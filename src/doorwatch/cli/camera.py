"""`doorwatch camera`: test one camera before it is added."""

import json
from pathlib import Path
from typing import Annotated

import typer

from doorwatch.analyzer.probe import probe as probe_camera
from doorwatch.domain.errors import DoorwatchError

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _camera() -> None:
    """Test a camera."""


@app.command()
def probe(
    url: Annotated[str, typer.Argument(help="rtsp://..., rtsps://..., file:/path, or the path of a file or folder.")],
    seconds: Annotated[float, typer.Option(min=1, max=120, help="How long to watch.")] = 8.0,
    transport: Annotated[str, typer.Option(help="How RTSP carries video: tcp or udp.")] = "tcp",
    picture: Annotated[Path | None, typer.Option(help="Write the last picture to this JPEG file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line.")] = False,
) -> None:
    """Say what a camera sends: codec, size, frame rate, key-frame interval, latency, and what is wrong with it.

    Exit code 0: fit for counting; 1: something is wrong.
    """
    if transport not in {"tcp", "udp"}:
        raise DoorwatchError(f"--transport {transport} is not known: use tcp or udp")
    found = probe_camera(url, seconds=seconds, transport=transport)
    if picture is not None and found.picture is not None:
        _write(picture, found.picture)
    if as_json:
        typer.echo(json.dumps(found.as_mapping()))
    else:
        for name, value in found.lines():
            typer.echo(f"{name:<22}{value}")
        for problem in found.problems:
            typer.echo(f"! {problem}")
    raise typer.Exit(1 if found.problems else 0)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DoorwatchError(f"{path} cannot be written ({error.strerror}): choose another file") from error
