"""`doorwatch token`: the keys of gateways, analyzers and programs."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, show
from doorwatch.domain.token_form import is_well_formed, kind_of
from doorwatch.server.administration import Installation

TokenKind: TypeAlias = Literal["gateway", "analyzer", "read", "api"]
TokenId: TypeAlias = Annotated[str, typer.Argument(help="Id of the token, as the list shows it.")]

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Issue, rotate, check and revoke tokens.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    kind: Annotated[
        TokenKind, typer.Option(help="Who will hold it; read looks at the API, api may do all.")
    ] = "gateway",
    expires_days: Annotated[
        float | None, typer.Option(min=0.001, help="Days for which it is good; no end without.")
    ] = None,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Issue a token and print its secret, this once, alone on a line."""
    body = {"name": name, "kind": kind, "expires_days": expires_days}

    async def work(found: Installation) -> Any:
        return await found.call("POST", "/api/tokens", body)

    _tell(ask(work, data_dir, server, token_file), as_json=as_json)


@app.command(name="list")
def list_tokens(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """List the tokens that were not revoked, without their secrets."""

    async def work(found: Installation) -> Any:
        return await found.call("GET", "/api/tokens")

    columns = ("id", "name", "kind", "prefix", "created_at", "last_used_at", "last_used_from", "expires_at")
    show(ask(work, data_dir, server, token_file), columns, as_json=as_json)


@app.command()
def rotate(
    token_id: TokenId,
    overlap_hours: Annotated[float, typer.Option(min=0, help="Hours for which the former secret works, too.")] = 24,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a token another secret and print it, this once, alone on a line."""

    async def work(found: Installation) -> Any:
        return await found.call("POST", f"/api/tokens/{token_id}/secret", {"overlap_hours": overlap_hours})

    _tell(ask(work, data_dir, server, token_file), as_json=as_json)


@app.command()
def revoke(token_id: TokenId, data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None) -> None:
    """Make a token worthless from now on."""

    async def work(found: Installation) -> Any:
        return await found.call("DELETE", f"/api/tokens/{token_id}")

    ask(work, data_dir, server, token_file)
    typer.echo(f"{token_id} is revoked")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="File with the token; standard input without.")] = None,
) -> None:
    """Say whether a token is whole and who should hold it, without asking a server; ends with 1 for one that was mistyped."""
    try:
        secret = (sys.stdin.read() if file is None else file.read_text()).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"the token can't be read: {error}") from error
    kind = kind_of(secret)
    if kind is None:
        typer.echo("this does not begin like a token of Doorwatch")
    elif not is_well_formed(secret):
        typer.echo(f"this was a token of the kind {kind}, but it is not whole: copy it again")
    else:
        typer.echo(f"a whole token of the kind {kind}; whether it is good, the server knows")
        return
    raise typer.Exit(1)


def _tell(answer: dict[str, Any], *, as_json: bool) -> None:
    typer.echo(json.dumps(answer) if as_json else answer["token"])
