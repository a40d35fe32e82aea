"""`doorwatch site`: the places of an account, each with its time zone, and what belongs to which."""

import json
from typing import Annotated, Any

import typer

from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, id_of, show
from doorwatch.server.administration import Installation

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List places, add and change them, say what is where."
)

Which = Annotated[str, typer.Argument(help="Name or id of the site.")]


@app.command(name="list")
def list_sites(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """List the sites and their time zones; with one site all doors and cameras are there."""
    found = ask(_sites, data_dir, server, token_file)
    if not as_json:
        counted = {"doors": "door_ids", "cameras": "camera_ids"}
        alone = len(found) == 1
        found = [site | {what: "all" if alone else len(site[ids]) for what, ids in counted.items()} for site in found]
    show(found, ("name", "time_zone", "doors", "cameras", "site_id"), as_json=as_json)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people call the place.")],
    time_zone: Annotated[str, typer.Option(help="IANA name of its time zone, such as Europe/Lisbon.")],
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a site."""
    body = {"name": name, "time_zone": time_zone}

    async def work(at: Installation) -> Any:
        return await at.call("POST", "/api/sites", body)

    _told(ask(work, data_dir, server, token_file), as_json=as_json)


@app.command()
def change(
    site: Which,
    name: Annotated[str | None, typer.Option(help="What to call it from now on.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="IANA name of the zone it is in.")] = None,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Rename a site, or give it another time zone; what is left out stays."""
    body = {key: value for key, value in (("name", name), ("time_zone", time_zone)) if value is not None}
    if not body:
        raise typer.BadParameter("say what changes: --name, --time-zone, or both")

    async def work(at: Installation) -> Any:
        return await at.call("PATCH", f"/api/sites/{await _id_of(at, site)}", body)

    _told(ask(work, data_dir, server, token_file), as_json=as_json)


@app.command()
def assign(
    site: Which,
    door: Annotated[list[str] | None, typer.Option(help="Name or id of a door that is there; may be repeated.")] = None,
    camera: Annotated[
        list[str] | None, typer.Option(help="Name or id of a camera that is there; may be repeated.")
    ] = None,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Let doors and cameras belong to a site from now on."""
    if not door and not camera:
        raise typer.BadParameter("say what belongs there: --door, --camera, or both")

    async def work(at: Installation) -> Any:
        body = {
            "door_ids": await _ids(at, "/api/doors", door, "door_id", "door"),
            "camera_ids": await _ids(at, "/api/cameras", camera, "camera_id", "camera"),
        }
        return await at.call("PUT", f"/api/sites/{await _id_of(at, site)}/members", body)

    _told(ask(work, data_dir, server, token_file), as_json=as_json)


@app.command()
def remove(site: Which, data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None) -> None:
    """Remove a site to which nothing belongs."""

    async def work(at: Installation) -> Any:
        return await at.call("DELETE", f"/api/sites/{await _id_of(at, site)}")

    ask(work, data_dir, server, token_file)
    typer.echo(f"{site} is removed")


async def _sites(at: Installation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await at.call("GET", "/api/sites")
    return found


async def _id_of(at: Installation, site: str) -> str:
    return id_of(await _sites(at), site, "site_id", "site")


async def _ids(at: Installation, path: str, wanted: list[str] | None, key: str, what: str) -> list[str]:
    """The ids of what was named, asked for only where something was."""
    if not wanted:
        return []
    known = await at.call("GET", path)
    return [id_of(known, one, key, what) for one in wanted]


def _told(site: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(site))
        return
    typer.echo(f"{site['name']} ({site['time_zone']}), {site['site_id']}")
