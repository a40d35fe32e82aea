"""`doorwatch verify`: whether exported evidence is what was signed, offline."""

import json
from pathlib import Path
from typing import Annotated

import typer

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.exporting.signing import EvidenceKeyError, PublicKey
from doorwatch.server.exporting.verifying import Trusted, Verified
from doorwatch.server.exporting.verifying import verify as look_at

app = typer.Typer(add_completion=False)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The zip file that was exported.", show_default=False)],
    key: Annotated[
        Path | None,
        typer.Option(help="The installation's public key (PEM), got by another way than the bundle."),
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="The fingerprint of that key, instead of the key itself.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line.")] = False,
) -> None:
    """Tell whether exported evidence is as it was signed, and what was altered; needs no server and no network.

    Ends with 0 when it is, 1 when something was altered, 2 when the file is no such evidence.
    """
    try:
        found = look_at(file, Trusted(_key(key), fingerprint))
    except DoorwatchError as error:
        typer.echo(f"doorwatch: {error}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(_as_json(found), ensure_ascii=False))
    else:
        _tell(file, found)
    raise typer.Exit(1 if found.wrong else 0)


def _key(file: Path | None) -> PublicKey | None:
    if file is None:
        return None
    try:
        return PublicKey.read(file.read_bytes())
    except OSError as error:
        raise EvidenceKeyError(f"the key {file} cannot be read ({error.strerror}): name a file in PEM form") from error


def _tell(file: Path, found: Verified) -> None:
    for line in found.wrong:
        typer.echo(f"ALTERED {_plain(line)}")
    for line in found.fine:
        typer.echo(f"ok      {_plain(line)}")
    incident = found.told.get("incident", {})
    typer.echo("")
    typer.echo(f"{file.name}: {'ALTERED, do not rely on it' if found.wrong else 'nothing was altered'}")
    if isinstance(incident, dict):
        typer.echo(_plain(f"  {incident.get('kind')} at {incident.get('door')}, {incident.get('start')}"))
    typer.echo(_plain(f"  exported {found.told.get('made_at')} by {found.told.get('made_by')}"))
    typer.echo(f"  key {found.fingerprint or '(none)'}")
    if not found.wrong:
        typer.echo(f"  {found.proves}")
    for line in found.missing:
        typer.echo(f"  was missing already when it was made: {_plain(line)}")


def _plain(told: object) -> str:
    """What a file that may be forged says, without letters that steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(told))


def _as_json(found: Verified) -> dict[str, object]:
    return {
        "ok": not found.wrong,
        "altered": list(found.wrong),
        "fingerprint": found.fingerprint,
        "key_from_bundle": found.pinned,
        "proves": found.proves,
        "missing": found.missing,
        "incident": found.told.get("incident"),
        "made_at": found.told.get("made_at"),
        "made_by": found.told.get("made_by"),
    }
