"""`doorwatch token`: the keys of gateways, analyzers and programs."""

import json
from typing import Annotated, Any, Literal, TypeAlias

import typer

from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, show
from doorwatch.server.administration import Installation

TokenKind: TypeAlias = Literal["gateway", "analyzer", "api"]

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Issue and revoke tokens.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    kind: Annotated[TokenKind, typer.Option(help="Who will hold it.")] = "gateway",
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Issue a token and print its secret, this once, alone on a line."""

    async def work(found: Installation) -> Any:
        return await found.call("POST", "/api/tokens", {"name": name, "kind": kind})

    answer = ask(work, data_dir, server, token_file)
    typer.echo(json.dumps(answer) if as_json else answer["token"])


@app.command(name="list")
def list_tokens(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """List the tokens that are good, without their secrets."""

    async def work(found: Installation) -> Any:
        return await found.call("GET", "/api/tokens")

    columns = ("id", "name", "kind", "prefix", "created_at", "last_used_at")
    show(ask(work, data_dir, server, token_file), columns, as_json=as_json)


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="Id of the token, as the list shows it.")],
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
) -> None:
    """Make a token worthless from now on."""

    async def work(found: Installation) -> Any:
        return await found.call("DELETE", f"/api/tokens/{token_id}")

    ask(work, data_dir, server, token_file)
    typer.echo(f"{token_id} is revoked")
