"""`doorwatch check --video`: recorded video proved file by file, and repaired by rule."""

import asyncio
import json

import typer

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import MINUTE, SystemClock
from doorwatch.server.administration import runs
from doorwatch.server.proof import Fault, Repair, Video, Wish, prove_recordings
from doorwatch.server.settings import Settings
from doorwatch.store.engine.database import Database


def check_video(settings: Settings, stale: int, *, repair: bool, as_json: bool) -> int:
    """Print a line for each fault and one for all; the exit code. Raises DoorwatchError."""
    now = SystemClock().now()
    wish = Wish(now, now, now - stale * MINUTE)
    if repair and asyncio.run(runs(settings)):
        raise DoorwatchError("a server runs on this folder: stop it (and its analyzer), repair, and start it again")
    try:
        found = prove_recordings(settings, wish)
        for fault in found.faults:
            typer.echo(json.dumps(_as_json(fault)) if as_json else f"broken  {fault.told()}")
        if repair and found.faults:
            _repair(settings, found, wish, as_json=as_json)
            found = prove_recordings(settings, wish)
    except OSError as error:
        raise DoorwatchError(
            f"{error.filename} can't be read or written ({error.strerror}): check its rights"
        ) from error
    _sum_up(found, as_json=as_json)
    return 1 if found.faults else 0


def _repair(settings: Settings, found: Video, wish: Wish, *, as_json: bool) -> None:
    with Database.open(settings.database, readers=1) as db:
        repairing = Repair(db, settings.data_dir, wish.now)
        for fault in found.faults:
            done = repairing.repair(fault)
            told = {"repaired": fault.name, "done": done}
            typer.echo(json.dumps(told) if as_json else f"repair  {fault.name}: {done}")


def _as_json(fault: Fault) -> dict[str, object]:
    return {"fault": fault.wrong.value, "name": fault.name, "held": fault.held, "told": fault.told()}


def _sum_up(found: Video, *, as_json: bool) -> None:
    if as_json:
        told = {"invariant": "video", "ok": not found.faults, "looked_at": found.looked_at, "broken": len(found.faults)}
        typer.echo(json.dumps(told))
    elif found.faults:
        typer.echo(f"broken  video: {len(found.faults)} faults in {found.looked_at} recordings")
    else:
        typer.echo(
            f"ok      video: every recording is on the list and as it was recorded ({found.looked_at} looked at)"
        )
