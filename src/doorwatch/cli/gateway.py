"""`doorwatch gateway`: run it, look into its queues, prove its spool."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import to_iso
from doorwatch.spool import DeadLetter, SpoolError
from doorwatch.spool.asking import order
from doorwatch.spool.store import FILE_NAME, Store

app = typer.Typer(add_completion=False, help="Run the gateway: subscribe to the PACS and forward its events.")
queue_app = typer.Typer(help="Look at what waits, and at what was given up.", no_args_is_help=True)
app.add_typer(queue_app, name="queue")

ConfigOption = Annotated[Path | None, typer.Option("--config", help="values.yaml of the gateway.")]
DataOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Its data folder, where no configuration is at hand.")
]
QueueOption = Annotated[str | None, typer.Option("--queue", help="One of webhooks, stats, devices, logs, errors.")]
IdsArgument = Annotated[list[int] | None, typer.Argument(help="Numbers of dead letters, as `show` lists them.")]
AllOption = Annotated[bool, typer.Option("--all", help="All of them (of the queue).")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line.")]


@app.callback(invoke_without_command=True)
def gateway(
    context: typer.Context,
    config: ConfigOption = None,
) -> None:
    """Run the gateway: subscribe to the PACS and forward its events."""
    if context.invoked_subcommand is not None:
        context.obj = config
        return
    if config is None:
        typer.echo("doorwatch gateway: name the configuration: doorwatch gateway --config values.yaml", err=True)
        raise typer.Exit(2)
    from doorwatch.gateway.__main__ import run  # noqa: PLC0415 - the queue commands need none of it

    raise typer.Exit(run(config))


@queue_app.command("list")
def list_queues(
    context: typer.Context, config: ConfigOption = None, data_dir: DataOption = None, as_json: JsonOption = False
) -> None:
    """What waits in each queue, and how many dead letters there are."""
    with _reader(_folder(context, config, data_dir)) as store:
        for name in store.queue_names():
            number, (depth, size, put, delivered, buried, dropped) = store.queue(name)
            oldest = store.oldest(number)
            row = {
                "queue": name,
                "waiting": depth,
                "bytes": size,
                "oldest": to_iso(oldest, 3) if oldest else None,
                "dead": store.dead_count(name),
                "put": put,
                "delivered": delivered,
                "given_up": buried,
                "dropped": dropped,
            }
            if as_json:
                typer.echo(json.dumps(row))
            else:
                since = f", oldest {row['oldest']}" if oldest else ""
                typer.echo(f"{name:10} {depth:>10} waiting{since}; {row['dead']} dead; {delivered} delivered")


@queue_app.command("show")
def show(
    context: typer.Context,
    config: ConfigOption = None,
    data_dir: DataOption = None,
    queue: QueueOption = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, oldest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Dead letters with their reasons."""
    with _reader(_folder(context, config, data_dir)) as store:
        letters = store.dead(queue, limit)
        for letter in letters:
            if as_json:
                typer.echo(json.dumps(_document(letter)))
            else:
                typer.echo(f"{letter.id:>8} {letter.queue:9} {to_iso(letter.died_at, 0)} {letter.key}: {letter.reason}")
    if not letters and not as_json:
        typer.echo("no dead letters")


@queue_app.command("retry")
def retry(
    context: typer.Context,
    ids: IdsArgument = None,
    config: ConfigOption = None,
    data_dir: DataOption = None,
    queue: QueueOption = None,
    every: AllOption = False,
) -> None:
    """Put dead letters back at the end of their queue."""
    count = _ordered(context, "retry", ids, queue, every, config, data_dir)
    typer.echo(f"{count} dead letters are queued again")


@queue_app.command("drop")
def drop(
    context: typer.Context,
    ids: IdsArgument = None,
    config: ConfigOption = None,
    data_dir: DataOption = None,
    queue: QueueOption = None,
    every: AllOption = False,
) -> None:
    """Forget dead letters for good; export them first if they may be needed."""
    count = _ordered(context, "drop", ids, queue, every, config, data_dir)
    typer.echo(f"{count} dead letters were dropped")


@queue_app.command("export")
def export(
    context: typer.Context,
    config: ConfigOption = None,
    data_dir: DataOption = None,
    queue: QueueOption = None,
) -> None:
    """Write all dead letters as JSON lines to standard output."""
    with _reader(_folder(context, config, data_dir)) as store:
        after = 0
        while letters := store.dead(queue, 1000, after):
            for letter in letters:
                typer.echo(json.dumps(_document(letter)))
            after = letters[-1].id


@app.command("check")
def check(
    context: typer.Context, config: ConfigOption = None, data_dir: DataOption = None, as_json: JsonOption = False
) -> None:
    """Prove the spool: SQLite's own check, every item's checksum, the counters. Reads everything."""
    folder = _folder(context, config, data_dir)
    with _reader(folder) as store:
        problems = store.problems()
        queues = {name: store.queue(name)[1][0] for name in store.queue_names()}
    if as_json:
        typer.echo(json.dumps({"folder": str(folder), "problems": problems, "waiting": queues}))
    else:
        typer.echo("\n".join(problems) or f"{folder}: sound; {sum(queues.values())} items wait")
    raise typer.Exit(1 if problems else 0)


def _ordered(
    context: typer.Context,
    verb: str,
    ids: list[int] | None,
    queue: str | None,
    every: bool,
    config: Path | None,
    data_dir: Path | None,
) -> int:
    if bool(ids) == every:
        raise DoorwatchError(f"name the dead letters to {verb} by number, or give --all")
    try:
        return asyncio.run(order(_folder(context, config, data_dir), verb, queue=queue, ids=None if every else ids))
    except SpoolError as error:
        raise DoorwatchError(str(error)) from None


def _folder(context: typer.Context, config: Path | None, data_dir: Path | None) -> Path:
    if data_dir is not None:
        return data_dir
    parent = context.parent.parent if context.parent and context.parent.parent else None
    config = config or context.obj or (parent.params.get("config") if parent else None)
    if config is None:
        raise DoorwatchError("name the gateway by --config values.yaml or by --data-dir")
    from doorwatch.gateway.config import load_config  # noqa: PLC0415

    return load_config(config).data_dir


@contextmanager
def _reader(folder: Path) -> Iterator[Store]:
    """The spool of a folder, beside its owner; read only what is needed, as it may be running."""
    if not (folder / FILE_NAME).exists():
        raise DoorwatchError(f"{folder} holds no spool; is it the gateway's data folder, and did the gateway run?")
    try:
        store = Store(folder)
    except SpoolError as error:
        raise DoorwatchError(str(error)) from None
    try:
        yield store
    finally:
        store.close_reader()


def _document(letter: DeadLetter) -> dict[str, Any]:
    payload: Any
    try:
        payload = json.loads(letter.payload)
    except ValueError:
        payload = letter.payload.decode(errors="replace")
    return {
        "id": letter.id,
        "queue": letter.queue,
        "key": letter.key,
        "put_at": to_iso(letter.put_at),
        "died_at": to_iso(letter.died_at),
        "attempts": letter.attempts,
        "reason": letter.reason,
        "payload": payload,
    }
