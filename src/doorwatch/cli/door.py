"""`doorwatch door`: doors and the cameras that see them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from doorwatch.cli.administering import AsJson, DataDir, NotOneError, ServerUrl, TokenFile, ask, id_of, show
from doorwatch.server.administration import Installation

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List doors, map cameras to them, set them up.")


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
        door_id = id_of(doors, door, "door_id", "door")
        ids = [id_of(known, camera, "camera_id", "camera") for camera in cameras or ()]
        return await found.call("PUT", f"/api/doors/{door_id}/cameras", {"camera_ids": ids})

    changed = ask(work, data_dir, server, token_file)
    seen_by = ", ".join(camera["name"] for camera in changed["cameras"]) or "no camera"
    typer.echo(json.dumps(changed) if as_json else f"{changed['name']} is seen by {seen_by}")


@app.command()
def propose(
    video: Annotated[Path, typer.Argument(help="A recording of some people who pass the door.")],
    door: Annotated[str, typer.Option(help="The door's device_id, for the scene.")] = "door",
    scene: Annotated[Path | None, typer.Option(help="Judge the camera by this scene.yaml, and propose none.")] = None,
    detector: Annotated[
        str | None, typer.Option(help="Name or path of the detector; the best one on this machine when absent.")
    ] = None,
    data_dir: DataDir = None,
    every: Annotated[int, typer.Option(min=1, max=100, help="Look at every n-th frame.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Propose a scene.yaml from a recording, and say how well the camera is placed.

    The scene goes to standard output, what is to be said of it to standard error. Exit code 0: fit for counting;
    1: no scene could be proposed, or the camera's place must be changed.
    """
    from doorwatch.cli.setting_up import propose as propose_from  # noqa: PLC0415 - other commands need no vision

    code = propose_from(
        video, door=door, scene=scene, detector=detector, data_dir=data_dir, every=every, as_json=as_json
    )
    raise typer.Exit(code)


@app.command()
def certificate(
    door: Annotated[str, typer.Argument(help="Name or id of the door.")],
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what the door's last commissioning run found.

    Exit code 0: it meets what the practice asks; 1: it does not, or there is none.
    """

    async def work(found: Installation) -> Any:
        door_id = id_of(await found.call("GET", "/api/doors"), door, "door_id", "door")
        return await found.call("GET", f"/api/doors/{door_id}/certificates")

    kept = ask(work, data_dir, server, token_file)
    if not kept:
        raise NotOneError(f"{door} has no certificate yet: walk it under Doors, Commission")
    newest = kept[0]
    typer.echo(json.dumps(newest) if as_json else _told(newest))
    fine = newest["unchanged"] and newest["body"]["figures"]["practice"] == "met"
    raise typer.Exit(0 if fine else 1)


def _told(certificate: dict[str, Any]) -> str:
    """A certificate as lines of text."""
    body = certificate["body"]
    lines = [
        f"{body['door']['name']}: {body['figures']['sentence']}",
        f"{body['since']} to {body['until']} by {body['walked_by']}, {body['software']}",
        *(f"camera {one['name']}, detector {one['detector'] or 'unknown'}" for one in body["cameras"]),
        f"certificate {certificate['certificate_id']}, SHA-256 {certificate['digest']}",
    ]
    if not certificate["unchanged"]:
        lines.append("! Its text is not the one that was issued: look into the audit trail.")
    return "\n".join(lines)
