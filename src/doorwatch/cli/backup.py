"""`doorwatch backup`: copy an installation into a folder while it runs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from doorwatch.cli.administering import DataDir
from doorwatch.server.backup import back_up
from doorwatch.server.logs import configure_logs
from doorwatch.server.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where to; an earlier backup there is brought up to date.")],
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line.")] = False,
) -> None:
    """Copy database and evidence into a folder, while the server runs or not. Recordings and spools are left out."""
    configure_logs("WARNING")
    made = back_up(load_settings(data_dir=data_dir), folder)
    if as_json:
        typer.echo(json.dumps(asdict(made), default=str))
    else:
        typer.echo(
            f"{made.folder}: database of {made.database_bytes / 1e6:.1f} MB, {made.files} files copied, "
            f"{made.files_kept} were there"
        )
