"""`doorwatch rekey`: go on after the key of the secrets was lost."""

from typing import Annotated

import typer

from doorwatch.cli.administering import DataDir
from doorwatch.server.logs import configure_logs
from doorwatch.server.settings import load_settings
from doorwatch.store import sealing
from doorwatch.store.database import Database

app = typer.Typer(add_completion=False)


@app.command()
def rekey(
    data_dir: DataDir = None,
    database_url: Annotated[str | None, typer.Option(help="postgresql://... instead of a file in the folder.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Give up what was sealed with a key that is lost; stop the server before.

    Cameras keep their mapping and scenes, are switched off, and want their address anew. Webhooks are removed, and
    links in mails that were sent end.
    """
    settings = load_settings(data_dir=data_dir, database_url=database_url)
    configure_logs("WARNING")
    if not yes:
        typer.confirm("Give up the addresses of all cameras and the secrets of webhooks?", abort=True)
    with Database.open(settings.database, readers=1) as db:
        lost = db.write_sync(sealing.forget)
    typer.echo(f"forgotten: {lost} cameras want their address anew; the next start uses the key that is there then")
