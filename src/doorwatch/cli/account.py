"""`doorwatch account`: several accounts, kept strictly apart, on one server."""

import json
from typing import Annotated, Any

import typer

from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, show
from doorwatch.server.administration import Installation

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Make accounts and list them.")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people call the account.")],
    owner: Annotated[
        str, typer.Option(help="E-mail of its first owner; somebody who signs in already, or a new person.")
    ],
    owner_name: Annotated[str, typer.Option(help="What to call a new owner.")] = "",
    time_zone: Annotated[str, typer.Option(help="IANA name of the zone of its first site.")] = "UTC",
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Make an account; people, doors and video of the others are not seen from it."""
    body = {"name": name, "owner_email": owner, "owner_name": owner_name, "time_zone": time_zone}

    async def work(found: Installation) -> Any:
        return await found.call("POST", "/api/accounts", body)

    made = ask(work, data_dir, server, token_file)
    if as_json:
        typer.echo(json.dumps(made))
        return
    typer.echo(f"{made['account']['name']} ({made['account']['id']}), owned by {made['owner']['email']}")
    if made["password"]:
        typer.echo(f"password, told this once: {made['password']}")
        typer.echo("It signs in within 7 days, and its person chooses another one then.")


@app.command(name="list")
def list_accounts(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """List the accounts."""

    async def work(found: Installation) -> Any:
        return await found.call("GET", "/api/accounts")

    show(ask(work, data_dir, server, token_file), ("name", "people", "created_at", "id"), as_json=as_json)
