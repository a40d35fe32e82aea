"""`doorwatch`: a table of commands; a command's module is imported only when that command is used."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from doorwatch import __version__
from doorwatch.domain.errors import DoorwatchError

# name: what it is for. The module is doorwatch.cli.<name> and holds a typer.Typer called `app`.
COMMANDS = {
    "demo": "A building in a box: the whole system in a temporary folder, with a simulated PACS and camera.",
    "serve": "Run server and analyzer on this machine.",
    "gateway": "Run the gateway: subscribe to the PACS and forward its events.",
    "analyze": "Run the analyzer alone, on another machine than the server.",
    "count": "Count the people who pass a door in a video.",
    "audit": "Judge recorded access events against a video or crossings, offline.",
    "models": "List, fetch, verify and measure person detectors.",
    "camera": "Find cameras, add them, test what they send and what is wrong with it.",
    "simulate": "Stand-ins to develop against: an access control system, a camera.",
    "account": "Make accounts, which share a server and nothing else.",
    "site": "List sites with their time zones, add and change them, say what belongs to which.",
    "user": "Add people, change passwords.",
    "person": "Find, export and erase a cardholder.",
    "token": "Issue and revoke tokens for gateways and analyzers.",
    "door": "List doors, map cameras to them, propose scenes, show certificates.",
    "check": "Prove the invariants on a live installation.",
    "verify": "Tell whether exported evidence is as it was signed, offline.",
    "backup": "Copy an installation into a folder while it runs.",
    "restore": "Make an installation from a backup.",
    "rekey": "Seal the secrets with another key, or go on after theirs was lost.",
    "bench": "Run one of the benchmarks, which print JSON.",
}


class _LazyGroup(TyperGroup):
    """Commands by name; help lists them, and a misspelt one is told which was meant, without importing any.

    Those that an image leaves out (the gateway's has one, the server's no simulators) are none there.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        here = Path(__file__).parent
        there = {name: purpose for name, purpose in COMMANDS.items() if (here / f"{name}.py").exists()}
        self.commands = {name: TyperCommand(name, help=purpose) for name, purpose in there.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None and not ctx.resilient_parsing:
            command = typer.main.get_command(import_module(f"doorwatch.cli.{name}").app)
            command.name = name
        return name, command, rest


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"doorwatch {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_show_version, help="Print the version and stop."
    ),
) -> None:
    """Tailgating detection and searchable video for doors."""


def run() -> None:
    """The console script: errors that the user can mend are one sentence, never a traceback."""
    try:
        app(prog_name="doorwatch")
    except DoorwatchError as error:
        typer.echo(f"doorwatch: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
