"""Orders that another process leaves for the owner of a spool: put dead letters back, or forget them."""

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doorwatch.spool.errors import SpoolBusyError, SpoolError
from doorwatch.spool.records import DeadLetter
from doorwatch.spool.store import FILE_NAME, Store

if TYPE_CHECKING:
    from doorwatch.spool.spool import Spool

VERBS = ("retry", "drop")


async def answer_orders(spool: "Spool", store: Store, on_disk: Callable[..., Awaitable[Any]]) -> None:
    """Do what other processes asked for."""
    for order, verb, argument in await on_disk(store.open_orders):
        try:
            answer = str(await _obey(spool, verb, json.loads(argument)))
        except (SpoolError, ValueError) as error:
            answer = f"error: {error}"
        await on_disk(store.answer_order, order, answer)


async def _obey(spool: "Spool", verb: str, wanted: dict[str, Any]) -> int:
    letters = _chosen(await spool.dead_letters(wanted.get("queue"), 1_000_000), wanted.get("ids"))
    return await (spool.revive(letters) if verb == "retry" else spool.forget(letters))


def _chosen(letters: list[DeadLetter], ids: list[int] | None) -> list[DeadLetter]:
    return letters if ids is None else [letter for letter in letters if letter.id in set(ids)]


async def order(
    folder: Path, verb: str, *, queue: str | None = None, ids: list[int] | None = None, wait: float = 10.0
) -> int:
    """Retry or drop dead letters of a folder, whether its owner runs or not; how many were found.

    Raises SpoolError when the folder holds no spool, or when its owner does not answer within `wait` seconds.
    """
    from doorwatch.spool.spool import Spool  # noqa: PLC0415 - the two modules need each other

    if verb not in VERBS:
        raise SpoolError(f"unknown order {verb!r}; known are {', '.join(VERBS)}")
    if not (folder / FILE_NAME).exists():
        raise SpoolError(f"{folder} holds no spool; name the gateway's data folder")
    wanted = {"queue": queue, "ids": ids}
    try:
        async with await Spool.open(folder) as spool:
            return await _obey(spool, verb, wanted)
    except SpoolBusyError:
        return _ask(folder, verb, json.dumps(wanted), wait)


def _ask(folder: Path, verb: str, argument: str, wait: float) -> int:
    store = Store(folder)
    try:
        number = store.give_order(verb, argument)
        until = time.monotonic() + wait
        while (answer := store.order_answer(number)) is None:
            if time.monotonic() > until:
                raise SpoolError(f"the process that owns {folder} did not answer within {wait:g} s; is it stopped?")
            time.sleep(0.05)
    finally:
        store.close_reader()
    if answer.startswith("error: "):
        raise SpoolError(answer.removeprefix("error: "))
    return int(answer)
