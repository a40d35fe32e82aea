"""What a process that does not own a folder may ask of the one that does; of nobody, when nobody owns it."""

import json
import time
from pathlib import Path

from doorwatch.spool.errors import SpoolBusyError, SpoolError
from doorwatch.spool.orders import VERBS, obey
from doorwatch.spool.spool import Spool
from doorwatch.spool.store import FILE_NAME, Store


async def order(
    folder: Path, verb: str, *, queue: str | None = None, ids: list[int] | None = None, wait: float = 10.0
) -> int:
    """Retry or drop dead letters of a folder, whether its owner runs or not; how many were found.

    Raises SpoolError when the folder holds no spool, or when its owner does not answer within `wait` seconds.
    """
    if verb not in VERBS:
        raise SpoolError(f"unknown order {verb!r}; known are {', '.join(VERBS)}")
    if not (folder / FILE_NAME).exists():
        raise SpoolError(f"{folder} holds no spool; name the gateway's data folder")
    try:
        async with await Spool.open(folder) as spool:
            return await obey(spool, verb, queue, ids)
    except SpoolBusyError:
        return _ask(folder, verb, json.dumps({"queue": queue, "ids": ids}), wait)


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
