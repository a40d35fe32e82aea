"""`doorwatch check`: prove the invariants on a live installation."""

import json
import re
from typing import Annotated

import typer

from doorwatch.cli.administering import DataDir
from doorwatch.cli.checking_video import check_video
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import MINUTE, Clock, Micros, SystemClock, from_iso, from_seconds
from doorwatch.server.logs import configure_logs
from doorwatch.server.proof import Answer, Wish, prove
from doorwatch.server.settings import load_settings

app = typer.Typer(add_completion=False)

_EXAMPLES = 3
_SPAN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": 60, "h": 3600, "d": 86400}


@app.command()
def check(
    data_dir: DataDir = None,
    database_url: Annotated[str | None, typer.Option(help="postgresql://... instead of a file in the folder.")] = None,
    since: Annotated[
        str, typer.Option(help="How far back the rule is asked again: 90m, 24h, 7d, or a time in ISO 8601.")
    ] = "24h",
    stale: Annotated[
        int, typer.Option(min=1, max=10_000, help="Minutes after which a verdict or a row is overdue.")
    ] = 10,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Let SQLite look at its indexes, too; takes long.")
    ] = False,
    video: Annotated[
        bool, typer.Option("--video", help="Prove recorded video instead: reads every file of this machine.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="With --video: repair by rule; stop server and analyzer before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line per promise.")] = False,
) -> None:
    """Prove the invariants on a live installation: one line each; changes nothing without --repair.

    Ends with 0 when all hold, 1 when one is broken, 2 when nothing could be looked at.
    """
    configure_logs("WARNING")
    if repair and not video:
        raise typer.BadParameter("--repair repairs recorded video: add --video")
    try:
        settings = load_settings(data_dir=data_dir, database_url=database_url)
        if video:
            raise typer.Exit(check_video(settings, stale, repair=repair, as_json=as_json))
        broken = 0
        for answer in prove(settings, _wish(SystemClock(), since, stale, thorough=thorough)):
            typer.echo(json.dumps(_as_json(answer)) if as_json else _line(answer))
            broken += not answer.kept
    except DoorwatchError as error:
        typer.echo(f"doorwatch: {error}", err=True)
        raise typer.Exit(2) from None
    raise typer.Exit(1 if broken else 0)


def _wish(clock: Clock, since: str, stale: int, *, thorough: bool) -> Wish:
    now = clock.now()
    return Wish(now, _start(since, now), now - stale * MINUTE, thorough)


def _start(since: str, now: Micros) -> Micros:
    span = _SPAN.fullmatch(since)
    if span is not None:
        return now - from_seconds(int(span[1]) * _UNITS[span[2]])
    try:
        return from_iso(since)
    except ValueError:
        raise typer.BadParameter(
            f"--since {since}: write 90m, 24h, 7d, or a time such as 2026-01-31T08:00:00Z"
        ) from None


def _line(answer: Answer) -> str:
    if answer.kept:
        return f"ok      {answer.name}: {answer.promise} ({answer.looked_at} looked at)"
    more = len(answer.wrong) - _EXAMPLES
    told = "; ".join(answer.wrong[:_EXAMPLES]) + (f"; and {more} more" if more > 0 else "")
    return f"broken  {answer.name}: not so: {answer.promise[0].lower()}{answer.promise[1:]}: {told}"


def _as_json(answer: Answer) -> dict[str, object]:
    return {
        "invariant": answer.name,
        "ok": answer.kept,
        "promise": answer.promise,
        "looked_at": answer.looked_at,
        "broken": len(answer.wrong),
        "examples": list(answer.wrong[:_EXAMPLES]),
    }
