"""`doorwatch camera`: find cameras in the network, ask one for its streams, test one before it is added."""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from doorwatch.analyzer.onvif import OnvifError, Streams, ask_streams
from doorwatch.analyzer.onvif import discover as discover_cameras
from doorwatch.analyzer.onvif.device import with_sign_in
from doorwatch.analyzer.probe import probe as probe_camera
from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, password_from, show
from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.administration import Installation

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _camera() -> None:
    """Find, add and test cameras."""
    # Somebody at this machine's own shell reaches from here what the shell reaches.
    os.environ.setdefault("DOORWATCH_CAMERA_NETWORKS", "0.0.0.0/0, ::/0")


OnvifUser = Annotated[str | None, typer.Option("--user", help="The camera's ONVIF user.")]
PasswordFile = Annotated[Path | None, typer.Option(help="File with that user's password; asked for when absent.")]


@app.command()
def discover(
    seconds: Annotated[float, typer.Option(min=1, max=60, help="How long to listen for answers.")] = 3.0,
    as_json: AsJson = False,
) -> None:
    """Find the ONVIF cameras in this machine's networks.

    Only cameras of the same network segment hear the question. Exit code 1: none answered.
    """
    found = asyncio.run(discover_cameras(seconds))
    show([one.as_mapping() for one in found], ("address", "name", "hardware", "location"), as_json=as_json)
    if not found:
        typer.echo("no camera answered: look from a machine in the cameras' own network", err=True)
        raise typer.Exit(1)


@app.command()
def onvif(
    url: Annotated[str, typer.Argument(help="The camera's host, host:port, or the address that `discover` shows.")],
    user: OnvifUser = None,
    password_file: PasswordFile = None,
    as_json: AsJson = False,
) -> None:
    """List the streams of an ONVIF camera, and say which of them to count with.

    Exit code 1: none of them can be used.
    """
    found = asyncio.run(ask_streams(url, user, _password(user, password_file)))
    if as_json:
        typer.echo(json.dumps(found.as_mapping()))
    else:
        _tell(found)
    raise typer.Exit(0 if found.analyse is not None else 1)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the camera is called.")],
    url: Annotated[str, typer.Argument(help="rtsp://..., or with --onvif the camera's host or ONVIF address.")],
    by_onvif: Annotated[bool, typer.Option("--onvif", help="Ask the camera for its stream.")] = False,
    profile: Annotated[
        str | None, typer.Option(help="Token of the ONVIF profile; the proposed one when absent.")
    ] = None,
    main_url: Annotated[
        str | None,
        typer.Option(help="The stream to record as evidence; with --onvif the finest one, none when empty."),
    ] = None,
    user: OnvifUser = None,
    password_file: PasswordFile = None,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a camera to the installation; it is watched at once."""
    if by_onvif:
        password = _password(user, password_file)
        told = asyncio.run(ask_streams(url, user, password))
        url = with_sign_in(_stream(told, profile), user, password)
        if main_url is None and (main := _main(told, profile)) is not None:
            main_url = with_sign_in(main, user, password)

    async def work(found: Installation) -> Any:
        return await found.call("POST", "/api/cameras", {"name": name, "url": url, "main_url": main_url or ""})

    added = ask(work, data_dir, server, token_file)
    typer.echo(json.dumps(added) if as_json else f"{added['name']} was added: {added['url']} ({added['camera_id']})")


@app.command(name="list")
def list_cameras(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """List the cameras and their state."""

    async def work(found: Installation) -> Any:
        return await found.call("GET", "/api/cameras")

    cameras = ask(work, data_dir, server, token_file)
    if not as_json:
        cameras = [one | {"state": one["status"]["message"] or one["status"]["code"]} for one in cameras]
    show(cameras, ("name", "state", "width", "height", "fps", "latency_ms", "camera_id"), as_json=as_json)


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


def _password(user: str | None, file: Path | None) -> str:
    if user is None:
        return ""
    return password_from(file) or str(typer.prompt("Password", hide_input=True))


def _stream(found: Streams, token: str | None) -> str:
    """The address of the profile that was named, or of the proposed one. Raises OnvifError."""
    chosen = found.profile(token or found.analyse)
    if chosen is None or chosen.url is None or not chosen.usable:
        tokens = ", ".join(one.token for one in found.profiles if one.usable)
        raise OnvifError(
            f"{found.address} has no usable profile {token}: choose one of {tokens}"
            if tokens
            else f"{found.address} has no stream in H.264 or HEVC: set one of its profiles to that"
        )
    return chosen.url


def _main(found: Streams, token: str | None) -> str | None:
    """The address of the finest profile; None when it is the one to count with, or can't be used."""
    finest = found.profile(found.main)
    counted = token or found.analyse
    return finest.url if finest is not None and finest.usable and finest.token != counted else None


def _tell(found: Streams) -> None:
    device = found.device
    about = " ".join(part for part in (device.manufacturer, device.model, device.firmware) if part)
    typer.echo(f"{found.address}  {about}")
    rows = [
        {
            "profile": one.token,
            "codec": one.codec,
            "size": f"{one.width} x {one.height}" if one.width else None,
            "fps": one.fps,
            "use": "count with this" if one.token == found.analyse else None,
            "stream": one.url,
        }
        for one in found.profiles
    ]
    show(rows, ("profile", "codec", "size", "fps", "use", "stream"), as_json=False)
    for problem in found.problems:
        typer.echo(f"! {problem}")


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise DoorwatchError(f"{path} cannot be written ({error.strerror}): choose another file") from error
