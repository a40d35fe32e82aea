"""What the owner of a spool does with orders that other processes left: put dead letters back, or forget them."""

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from doorwatch.spool.errors import SpoolError
from doorwatch.spool.records import DeadLetter
from doorwatch.spool.store import Store

VERBS = ("retry", "drop")
ALL = 1_000_000


class DeadLetters(Protocol):
    """The part of a spool that orders are about."""

    async def dead_letters(self, queue: str | None = None, limit: int = ...) -> list[DeadLetter]:
        """Items that were given up, oldest first."""
        ...

    async def revive(self, dead: Iterable[DeadLetter]) -> int:
        """Put dead letters back at the end of their queues; how many."""
        ...

    async def forget(self, dead: Iterable[DeadLetter]) -> int:
        """Drop dead letters for good; how many."""
        ...


async def answer_orders(letters: DeadLetters, store: Store, on_disk: Callable[..., Awaitable[Any]]) -> None:
    """Do what other processes asked for."""
    for order, verb, argument in await on_disk(store.open_orders):
        try:
            wanted = json.loads(argument)
            answer = str(await obey(letters, verb, wanted.get("queue"), wanted.get("ids")))
        except (SpoolError, ValueError) as error:
            answer = f"error: {error}"
        await on_disk(store.answer_order, order, answer)


async def obey(letters: DeadLetters, verb: str, queue: str | None, ids: list[int] | None) -> int:
    """Retry or drop the dead letters of a queue (None: all), or those of them with these ids; how many there were."""
    found = await letters.dead_letters(queue, ALL)
    if ids is not None:
        wanted = set(ids)
        found = [letter for letter in found if letter.id in wanted]
    return await (letters.revive(found) if verb == "retry" else letters.forget(found))
