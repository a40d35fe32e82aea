"""`doorwatch restore`: an installation made from a backup."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from doorwatch.cli.administering import DataDir
from doorwatch.server.backup import restore as make_from
from doorwatch.server.logs import configure_logs
from doorwatch.server.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    data_dir: DataDir = None,
    database_url: Annotated[
        str | None, typer.Option(help="An empty database, postgresql://..., instead of a file in the folder.")
    ] = None,
    erasures: Annotated[
        Path | None,
        typer.Option(help="The erasures.jsonl of the lost installation: whom to erase again at the first start."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line.")] = False,
) -> None:
    """Make an installation from a backup, in an empty data folder; nothing is overwritten."""
    configure_logs("WARNING")
    done = make_from(folder, load_settings(data_dir=data_dir, database_url=database_url), erasures=erasures)
    if as_json:
        typer.echo(json.dumps(asdict(done), default=str))
        return
    typer.echo(
        f"{done.data_dir}: restored as of {done.made_at} (Doorwatch {done.made_by}), {done.files} files of "
        f"{done.bytes / 1e6:.1f} MB"
    )
    typer.echo(
        "  start it with doorwatch serve, then run doorwatch check; revoke again what was revoked since the backup"
    )
    if done.keys_missing:
        typer.echo(f"  the backup holds no keys: put yours into {done.data_dir} before the start")
