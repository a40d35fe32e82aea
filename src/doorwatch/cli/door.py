"""`doorwatch door`: doors and the cameras that see them."""

import json
from typing import Annotated, Any

import typer

from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, show
from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.administration import Installation

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List doors and map cameras to them.")


class NotOneError(DoorwatchError):
    """A name that fits nothing, or more than one thing."""


@app.command(name="list")
def list_doors(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """List the doors, their cameras and the last event of each."""

    async def work(found: Installation) -> Any:
        return await found.call("GET", "/api/doors")

    doors = ask(work, data_dir, server, token_file)
    if not as_json:
        doors = [door | {"cameras": [camera["name"] for camera in door["cameras"]]} for door in doors]
    show(doors, ("name", "cameras", "last_event_type", "last_event_at", "door_id"), as_json=as_json)


@app.command(name="map")
def map_cameras(
    door: Annotated[str, typer.Argument(help="Name or id of the door.")],
    cameras: Annotated[
        list[str] | None,
        typer.Argument(help="Names or ids of the cameras that see it, the best one first; none unmaps."),
    ] = None,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Say which cameras see a door from now on."""

    async def work(found: Installation) -> Any:
        doors, known = await found.call("GET", "/api/doors"), await found.call("GET", "/api/cameras")
        door_id = _one(doors, door, "door_id", "door")
        ids = [_one(known, camera, "camera_id", "camera") for camera in cameras or ()]
        return await found.call("PUT", f"/api/doors/{door_id}/cameras", {"camera_ids": ids})

    changed = ask(work, data_dir, server, token_file)
    seen_by = ", ".join(camera["name"] for camera in changed["cameras"]) or "no camera"
    typer.echo(json.dumps(changed) if as_json else f"{changed['name']} is seen by {seen_by}")


def _one(things: list[dict[str, Any]], wanted: str, key: str, what: str) -> str:
    """The id of the one thing with this id or name. Raises NotOneError."""
    exact = [thing for thing in things if thing[key] == wanted]
    found = exact or [thing for thing in things if thing["name"].casefold() == wanted.casefold()]
    if len(found) == 1:
        return str(found[0][key])
    names = ", ".join(sorted(thing["name"] for thing in things)) or "none yet"
    reason = "is called" if not found else "alone is called"
    raise NotOneError(f"no {what} {reason} {wanted!r}: use its id, or one of these names: {names}")
