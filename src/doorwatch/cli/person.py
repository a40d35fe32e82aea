"""`doorwatch person`: what is stored of a cardholder, told and erased."""

import json
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, show
from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.administration import Installation
from doorwatch.server.secrets import write_secret

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Find, export and erase a cardholder.")

Who = Annotated[str, typer.Argument(help="Words of the name, the id in the access control system, or the e-mail.")]


class WhichPersonError(DoorwatchError):
    """Nobody is called so, or several are."""


@app.command()
def find(
    who: Who,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """List the people of a name."""
    found = ask(lambda at: _found(at, who), data_dir, server, token_file)
    show(found, ("name", "email", "actor_id", "events", "last_at", "cardholder_id"), as_json=as_json)


@app.command()
def export(
    who: Who,
    file: Annotated[Path, typer.Argument(help="Where to write it; only you can read the file.")],
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
) -> None:
    """Write all that is stored of one person into a JSON file."""

    async def work(at: Installation) -> Any:
        person = await _the_one(at, who)
        return await at.call("POST", f"/api/cardholders/{person['cardholder_id']}/export")

    told = ask(work, data_dir, server, token_file)
    try:
        write_secret(file, json.dumps(told, ensure_ascii=False, indent=1))
    except OSError as error:
        raise WhichPersonError(f"{file} can't be written ({error.strerror}): name another file") from error
    typer.echo(f"{file}: {len(told['events'])} events, {len(told['incidents'])} incidents")


@app.command()
def erase(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: it cannot be undone.")] = False,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Erase one person: name, address and id go from everything that no hold keeps, and do not come back."""

    async def work(at: Installation) -> Any:
        person = await _the_one(at, who)
        if not yes:
            typer.confirm(f"Erase {person['name'] or person['actor_id'] or person['email']} for good?", abort=True)
        return await at.call("POST", f"/api/cardholders/{person['cardholder_id']}/erase")

    done = ask(work, data_dir, server, token_file)
    if as_json:
        typer.echo(json.dumps(done))
        return
    cleaned = ", ".join(f"{count} {what}" for what, count in done["cleaned"].items()) or "nothing"
    typer.echo(f"{done['erasure_id']}: cleaned {cleaned}")
    for one in done["kept"]:
        until = f"until {one['until']}" if one["until"] else "until somebody ends the hold"
        typer.echo(f"  kept {until}: incident {one['incident_id']} ({one['reason']})")
    for line in done["notes"]:
        typer.echo(f"  {line}")


async def _found(at: Installation, who: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await at.call("GET", f"/api/cardholders?q={quote(who)}")
    return found


async def _the_one(at: Installation, who: str) -> dict[str, Any]:
    found = await _found(at, who)
    if not found:
        raise WhichPersonError(f"nobody is called {who!r}: look with doorwatch person find and fewer letters")
    if len(found) > 1:
        raise WhichPersonError(
            f"{len(found)} people are called {who!r}: name one by the id that doorwatch person find shows"
        )
    return found[0]
