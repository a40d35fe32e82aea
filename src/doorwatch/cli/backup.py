"""`doorwatch backup`: copy an installation into a folder while it runs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from doorwatch.cli.administering import DataDir
from doorwatch.server.backup import Backup, back_up
from doorwatch.server.logs import configure_logs
from doorwatch.server.settings import load_settings

app = typer.Typer(add_completion=False)


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where to; an earlier backup there is brought up to date.")],
    data_dir: DataDir = None,
    database_url: Annotated[str | None, typer.Option(help="postgresql://... instead of a file in the folder.")] = None,
    with_keys: Annotated[
        bool,
        typer.Option(
            help="Copy the keys that lie beside the database, too: without them, cameras' passwords are lost."
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line.")] = False,
) -> None:
    """Copy database, evidence and keys into a folder, while the server runs or not, and say what is inside."""
    configure_logs("WARNING")
    made = back_up(load_settings(data_dir=data_dir, database_url=database_url), folder, with_keys=with_keys)
    typer.echo(json.dumps(asdict(made), default=str) if as_json else _told(made))


def _told(made: Backup) -> str:
    lines = [
        f"{made.folder}: a whole backup",
        f"  inside: the database ({made.database_bytes / 1e6:.1f} MB); evidence ({made.files} files copied, "
        f"{made.files_kept} were there)" + "".join(f"; the key {key}" for key in made.keys),
        f"  left out: {', '.join((*made.left_out, *(f'the key {key}' for key in made.keys_left_out)))}",
    ]
    if made.keys:
        lines.append("  whoever holds this folder can read what the key protects: keep it as secret as the server")
    if made.keys_left_out:
        lines.append(f"  keep {', '.join(made.keys_left_out)} elsewhere: without it cameras' passwords can't be read")
    return "\n".join(lines)
