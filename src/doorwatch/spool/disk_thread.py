"""The one thread that touches the disk: does what it is given, in that order, and tells the event loop.

An executor would do; its two futures, its work item and the chain between them cost more than what a small commit does.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeAlias

Told: TypeAlias = Callable[[Any, BaseException | None], None]
"""Called in the event loop, with what the work gave, or with what went wrong."""


class DiskThread:
    """Belongs to the event loop in which it is made; the thread begins with the first work."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._work: SimpleQueue[tuple[Callable[[], Any], Told] | None] = SimpleQueue()
        # what is not committed when the process ends has not happened: nothing waits for this thread then
        self._thread = Thread(target=self._run, name="spool", daemon=True)

    def do(self, work: Callable[[], Any], told: Told) -> None:
        """Do this after all that was given before."""
        if not self._thread.ident:
            self._thread.start()
        self._work.put((work, told))

    def end(self) -> None:
        """Stop when everything is done, and wait for that."""
        if self._thread.ident:
            self._work.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (given := self._work.get()) is not None:
            work, told = given
            result: Any = None
            error: BaseException | None = None
            try:
                result = work()
            except BaseException as failure:  # noqa: BLE001 - it is told, whatever it is
                error = failure
            with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
                self._loop.call_soon_threadsafe(told, result, error)
            del given, work, told, result, error
