"""`doorwatch simulate camera`: serve a clip as an RTSP camera until it is stopped."""

import asyncio
import contextlib
import json
import signal
from pathlib import Path
from typing import Annotated

import typer

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros, from_iso, from_seconds, to_iso
from doorwatch.simulators.camera.onvif import onvif_of
from doorwatch.simulators.camera.server import CameraSimulator

app = typer.Typer(add_completion=False)


@app.command(name="camera")
def camera(
    clip: Annotated[Path, typer.Argument(help="MP4 file with H.264 or HEVC video; shown over and over.")],
    port: Annotated[int, typer.Option(help="TCP port; 0 takes any free one.")] = 8554,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    path: Annotated[
        list[str] | None, typer.Option(help="Path of a stream, or PATH=CLIP for one that shows another clip; several.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="User that viewers must sign in as.")] = None,
    password: Annotated[str, typer.Option(help="That user's password.")] = "",
    auth: Annotated[str, typer.Option(help="How viewers sign in: digest or basic.")] = "digest",
    epoch: Annotated[str | None, typer.Option(help="UTC (ISO 8601) at which the first showing began; now.")] = None,
    clock_ahead: Annotated[float, typer.Option(help="Seconds that the camera's own clock runs ahead.")] = 0.0,
    lost: Annotated[float, typer.Option(min=0, max=1, help="Share of packets that are lost.")] = 0.0,
    damaged: Annotated[float, typer.Option(min=0, max=1, help="Share of packets that arrive with a wrong byte.")] = 0.0,
    freeze_after: Annotated[float, typer.Option(help="Send nothing any more after so many seconds; 0: never.")] = 0.0,
    onvif_port: Annotated[
        int | None, typer.Option(help="TCP port of an ONVIF service that tells the streams; 0 takes any free one.")
    ] = None,
    drop_every: Annotated[float, typer.Option(help="Cut all connections every so many seconds; 0: never.")] = 0.0,
) -> None:
    """Serve a clip as an RTSP camera, in a loop and at its own speed.

    Prints one JSON line with the addresses when it is ready. Stops on Ctrl-C.
    """
    if auth not in {"digest", "basic"}:
        raise DoorwatchError(f"--auth {auth} is not known: use digest or basic")
    try:
        started: Micros | None = from_iso(epoch) if epoch else None
    except ValueError as error:
        raise DoorwatchError(f"--epoch: {error}") from error
    mounts = dict(_mount(named, clip) for named in path or ["/door"])
    simulator = CameraSimulator(mounts, host=host, port=port, user=user, password=password, scheme=auth, epoch=started)
    for mount in simulator.mounts.values():
        mount.clock_ahead, mount.lost, mount.damaged = from_seconds(clock_ahead), lost, damaged
    asyncio.run(_run(simulator, freeze_after, drop_every, onvif_port))


def _mount(named: str, clip: Path) -> tuple[str, Path]:
    name, _, own = named.partition("=")
    return "/" + name.strip("/"), Path(own) if own else clip


async def _run(simulator: CameraSimulator, freeze_after: float, drop_every: float, onvif_port: int | None) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(simulator)
        addresses = [simulator.url(path, sign_in=False) for path in simulator.mounts]
        ready = {"ready": True, "port": simulator.port, "urls": addresses, "epoch": to_iso(simulator.epoch)}
        if onvif_port is not None:
            device = await running.enter_async_context(onvif_of(simulator, onvif_port))
            ready["onvif"] = device.address
        typer.echo(json.dumps(ready))
        if freeze_after:
            loop.call_later(freeze_after, simulator.freeze)
        while not stopped.is_set():
            try:
                await asyncio.wait_for(stopped.wait(), drop_every or None)
            except TimeoutError:
                simulator.drop()
