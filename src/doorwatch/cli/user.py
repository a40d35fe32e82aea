"""`doorwatch user`: people who sign in."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

from doorwatch.cli.administering import AsJson, DataDir, ServerUrl, TokenFile, ask, password_from, show
from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.administration import Installation

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Add people, change passwords.")

Role: TypeAlias = Literal["view", "manage", "owner"]
PasswordFile: TypeAlias = Annotated[
    Path | None, typer.Option(help="File with the password; one is made and shown once without it.")
]


class UnknownPersonError(DoorwatchError):
    """Nobody has this e-mail."""


@app.command()
def add(
    email: Annotated[str, typer.Argument(help="E-mail with which the person signs in.")],
    name: Annotated[str, typer.Option(help="What to call the person.")] = "",
    role: Annotated[Role, typer.Option(help="view looks, manage changes, owner gives rights.")] = "view",
    password_file: PasswordFile = None,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Add a person."""
    body = {"email": email, "name": name, "role": role, "password": password_from(password_file)}

    async def work(found: Installation) -> Any:
        return await found.call("POST", "/api/users", body)

    _told(ask(work, data_dir, server, token_file), as_json=as_json)


@app.command(name="list")
def list_people(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """List the people."""

    async def work(found: Installation) -> Any:
        return await found.call("GET", "/api/users")

    show(ask(work, data_dir, server, token_file), ("email", "name", "role", "id"), as_json=as_json)


@app.command()
def passwd(
    email: Annotated[str, typer.Argument(help="E-mail of the person.")],
    password_file: PasswordFile = None,
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a person a new password; all of that person's sessions end."""
    body = {"password": password_from(password_file)}

    async def work(found: Installation) -> Any:
        return await found.call("PUT", f"/api/users/{await _id_of(found, email)}/password", body)

    _told(ask(work, data_dir, server, token_file), as_json=as_json)


@app.command(name="reset-factors")
def reset_factors(
    email: Annotated[str, typer.Argument(help="E-mail of the person.")],
    data_dir: DataDir = None,
    server: ServerUrl = None,
    token_file: TokenFile = None,
) -> None:
    """Take a person's second factor away, such as after a telephone was lost; all of that person's sessions end."""

    async def work(found: Installation) -> Any:
        return await found.call("DELETE", f"/api/users/{await _id_of(found, email)}/factors")

    ask(work, data_dir, server, token_file)
    typer.echo(f"{email} has no second factor any more")


@app.command(name="setup-link")
def setup_link(
    data_dir: DataDir = None, server: ServerUrl = None, token_file: TokenFile = None, as_json: AsJson = False
) -> None:
    """Print a new link with which the first owner is made; former ones end. Only while nobody can sign in."""

    async def work(found: Installation) -> Any:
        return await found.call("POST", "/api/setup/links")

    answer = ask(work, data_dir, server, token_file)
    typer.echo(json.dumps(answer) if as_json else answer["url"])


async def _id_of(found: Installation, email: str) -> str:
    """The id of the person with this e-mail. Raises UnknownPersonError."""
    people = await found.call("GET", "/api/users")
    ids = [str(person["id"]) for person in people if person["email"] == email.strip().casefold()]
    if not ids:
        raise UnknownPersonError(f"nobody has the e-mail {email}; see doorwatch user list")
    return ids[0]


def _told(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer))
        return
    user, password = answer["user"], answer["password"]
    typer.echo(f"{user['email']} ({user['role']})")
    if password:
        typer.echo(f"password, told this once: {password}")
        typer.echo("It signs in within 7 days, and its person chooses another one then.")
