"""What the administration commands share: their options, and how answers are printed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.administration import Installation, installation
from doorwatch.server.logs import configure_logs
from doorwatch.server.settings import load_settings

T = TypeVar("T")

DataDir: TypeAlias = Annotated[
    Path | None, typer.Option(help="Data folder of the installation on this machine.", show_default="XDG data folder")
]
ServerUrl: TypeAlias = Annotated[str | None, typer.Option("--server", help="Address of a server elsewhere.")]
TokenFile: TypeAlias = Annotated[Path | None, typer.Option(help="File with a token of the kind api, for --server.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON lines.")]


class NotOneError(DoorwatchError):
    """A name that fits nothing, or more than one thing."""


def ask(
    work: Callable[[Installation], Awaitable[T]], data_dir: Path | None, server: str | None, token_file: Path | None
) -> T:
    """Do something with the installation that the options name. Raises DoorwatchError."""
    settings = load_settings(data_dir=data_dir)
    configure_logs("WARNING")

    async def run() -> T:
        async with installation(settings, server, token_file) as found:
            return await work(found)

    return asyncio.run(run())


def show(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows, as JSON lines or as a plain table with aligned columns."""
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row))
        return
    cells = [[_text(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in [list(columns), *cells]) for i in range(len(columns))]
    for line in [[column.replace("_", " ").upper() for column in columns], *cells]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def password_from(file: Path | None) -> str | None:
    """A password out of a file; None when none was named. Raises typer.BadParameter."""
    if file is None:
        return None
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"the password can't be read from {file}: {error}") from error


def id_of(things: list[dict[str, Any]], wanted: str, key: str, what: str) -> str:
    """The id of the one thing with this id or name. Raises NotOneError."""
    exact = [thing for thing in things if thing[key] == wanted]
    found = exact or [thing for thing in things if thing["name"].casefold() == wanted.casefold()]
    if len(found) == 1:
        return str(found[0][key])
    names = ", ".join(sorted(thing["name"] for thing in things)) or "none yet"
    reason = "is called" if not found else "alone is called"
    raise NotOneError(f"no {what} {reason} {wanted!r}: use its id, or one of these names: {names}")
