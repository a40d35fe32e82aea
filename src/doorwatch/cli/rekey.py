"""`doorwatch rekey`: another key for the secrets, or going on after theirs was lost."""

from pathlib import Path
from typing import Annotated

import typer

from doorwatch.cli.administering import DataDir
from doorwatch.domain.time import SystemClock
from doorwatch.server.logs import configure_logs
from doorwatch.server.rekeying import rekey as change_key
from doorwatch.server.settings import Settings, load_settings
from doorwatch.store.engine import sealing
from doorwatch.store.engine.database import Database

app = typer.Typer(add_completion=False)


@app.command()
def rekey(
    data_dir: DataDir = None,
    database_url: Annotated[str | None, typer.Option(help="postgresql://... instead of a file in the folder.")] = None,
    new_key_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the new key, 32 bytes in base64; a new secrets.key in the data folder when absent."
        ),
    ] = None,
    lost: Annotated[
        bool, typer.Option("--lost", help="The former key is gone: give up what was sealed with it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --lost: do it without asking.")] = False,
) -> None:
    """Seal all secrets with a new key; stop the server, and every replica, before.

    With --lost cameras keep their mapping and scenes, are switched off, and want their address anew. Webhooks are
    removed, and links in mails that were sent end.
    """
    settings = load_settings(data_dir=data_dir, database_url=database_url)
    configure_logs("WARNING")
    if lost:
        _give_up(settings, yes=yes)
        return
    done = change_key(settings, new_key_file, SystemClock().now())
    typer.echo(f"{done.secrets} secrets are sealed with the new key in {done.key_file}")
    typer.echo("  a backup that was made before opens with the former key only: make a new one")


def _give_up(settings: Settings, *, yes: bool) -> None:
    if not yes:
        typer.confirm("Give up the addresses of all cameras and the secrets of webhooks?", abort=True)
    with Database.open(settings.database, readers=1) as db:
        forgotten = db.write_sync(sealing.forget)
    who = "1 camera wants its" if forgotten == 1 else f"{forgotten} cameras want their"
    typer.echo(f"forgotten: {who} address anew; the next start uses the key that is there then")
