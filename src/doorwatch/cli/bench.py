"""`doorwatch bench NAME`: run one of the measuring programs of the folder bench/, which print JSON."""

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

import doorwatch
from doorwatch.domain.errors import DoorwatchError

app = typer.Typer(add_completion=False)


def _folder() -> Path:
    package = Path(doorwatch.__file__).parent
    places = (package / "bench", package.parents[1] / "bench")
    return next((place for place in places if place.is_dir()), places[0])


def _names() -> list[str]:
    return sorted(file.stem for file in _folder().glob("*.py") if not file.stem.startswith("_"))


# without a help option of its own, since `--help` behind a name is the benchmark's
@app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to measure; without a name, the list.")] = "",
) -> None:
    """Run a benchmark: each prints one JSON object per case, with the machine. `doorwatch bench NAME --help` tells more."""
    if name in {"-h", "--help"}:
        typer.echo(context.get_help())
        return
    if not name:
        typer.echo("\n".join(_names()))
        return
    if name not in _names():
        raise DoorwatchError(f"there is no benchmark {name!r}; there are {', '.join(_names())}")
    program = _folder() / f"{name}.py"
    sys.argv = [str(program), *context.args]
    sys.path.insert(0, str(program.parent))
    runpy.run_path(str(program), run_name="__main__")
