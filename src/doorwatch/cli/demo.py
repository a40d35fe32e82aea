"""`doorwatch demo`: a building in a box."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import aiohttp
import typer

from doorwatch.demo.building import OWNER, Building, Mail
from doorwatch.demo.check import check as follow_the_chain
from doorwatch.demo.narrator import Narrator
from doorwatch.demo.processes import DemoError, free_port
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SystemClock, to_iso
from doorwatch.vision.detect.base import DetectorError
from doorwatch.vision.models import MODEL_VARIABLE, Installed, data_folder, find, pull, verify

app = typer.Typer(add_completion=False)
_USUAL_PORT = 8800


@app.command()
def demo(
    check: Annotated[bool, typer.Option("--check", help="No browser: follow the first incident, print JSON.")] = False,
    port: Annotated[int | None, typer.Option(help="Port of the page; 8800, or a free one.", min=1, max=65535)] = None,
    folder: Annotated[Path | None, typer.Option(help="Keep everything here instead of in a temporary folder.")] = None,
) -> None:
    """The whole system in a temporary folder: simulated PACS, gateway, server, analyzer, camera, mailbox.

    With --check it runs until the first incident was found by search and its mail was received, prints one JSON line
    and exits 0; a failure exits 1 and says which link of the chain broke.
    """
    model = _detector()
    page = free_port(port) if port else _free_or_usual()
    with _folder(folder) as place:
        building = Building(place, lambda text: _say(text, check=check), page, model.path)
        asyncio.run(_check(building) if check else _show(building))


def _detector() -> Installed:
    """The detector of this machine, tried; it is fetched where there is none, never in place of one that was named."""
    try:
        found = find(data_folder())
    except DetectorError:
        if os.environ.get(MODEL_VARIABLE):
            raise
        typer.echo("fetching a person detector; this is done once ...", err=True)
        return pull()
    verify(found)
    return found


def _free_or_usual() -> int:
    try:
        return free_port(_USUAL_PORT)
    except DemoError:
        return free_port()


@contextlib.contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    if wanted is not None:
        try:
            wanted.mkdir(parents=True, exist_ok=True)
            if any(wanted.iterdir()):
                raise DoorwatchError(f"{wanted} is not empty; the demo begins anew, so give it a new --folder")
            (wanted / ".probe").write_text("")
            (wanted / ".probe").unlink()
        except OSError as error:
            raise DoorwatchError(f"{wanted} can't be written ({error.strerror}); choose another --folder") from error
        yield wanted
        return
    place = Path(tempfile.mkdtemp(prefix="doorwatch-demo-"))
    try:
        yield place
    except DoorwatchError:
        typer.echo(f"doorwatch: the logs are kept in {place}", err=True)
        raise
    shutil.rmtree(place, ignore_errors=True)


def _say(text: str, *, check: bool) -> None:
    typer.echo(text, err=check)


async def _check(building: Building) -> None:
    try:
        _say("starting the building:", check=True)
        await building.open()
        _say(f"running at {building.address}; waiting for the first tailgating ...", check=True)
        typer.echo(json.dumps(await follow_the_chain(building)))
    finally:
        await building.close()


async def _show(building: Building) -> None:
    building.on_mail = lambda mail: _say(_mail_sentence(mail), check=False)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    narrating: asyncio.Task[None] | None = None
    try:
        typer.echo("Starting a building, which takes about half a minute, on a busy machine more:")
        await building.open()
        typer.echo(
            f"\n  Open      {building.address}\n  User      {OWNER}\n  Password  {building.password}\n"
            f"  Mails     {building.folder / 'mail'}\n  Logs      {building.folder}\n\nCtrl-C stops it.\n"
        )
        narrating = asyncio.create_task(_narrate(building))
        await stopped.wait()
        typer.echo("\nstopping ...")
    finally:
        if narrating is not None:
            narrating.cancel()
        await building.close()


async def _narrate(building: Building) -> None:
    session = await building.server.call("GET", "/api/session")
    narrator = Narrator(ZoneInfo(session["site"]["time_zone"]))
    while True:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async for name, data in building.server.events():
                if sentence := narrator.sentence(name, data):
                    typer.echo(sentence)
        await SystemClock().sleep(1)


def _mail_sentence(mail: Mail) -> str:
    return f"{to_iso(mail.at, 0)[11:19]} mail to {mail.to}: {mail.subject} ({mail.file})"
