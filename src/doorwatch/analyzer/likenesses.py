"""How those who crossed look, as the operator's own encoder says: asked beside the counting and behind it.

Without a pair of encoders there is no process and nothing is asked. A crowd's oldest pictures are left out.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from doorwatch.analyzer.children import Child
from doorwatch.analyzer.wire import Message
from doorwatch.domain.time import Clock
from doorwatch.vision.likeness.pair import Pair, find
from doorwatch.vision.likeness.tokens import LikenessError

log = structlog.get_logger(__name__)

MOST_WAITING = 32


class Likenesses:
    """Hands cut-outs to one process, one at a time; `on_answer` gets a `likeness` for each that was encoded."""

    def __init__(self, data_dir: Path, on_answer: Callable[[dict[str, Any]], None], clock: Clock) -> None:
        self._on_answer = on_answer
        self._pair = _found(data_dir)
        self._waiting: deque[Message] = deque(maxlen=MOST_WAITING)
        self._under_way = False
        self._child = Child(
            "likeness",
            "likeness",
            lambda: {"folder": str(self._pair.folder) if self._pair else ""},
            self._answered,
            lambda _code: self._next(again=True),
            clock,
        )

    @property
    def wanted(self) -> bool:
        """Whether pictures of those who cross are of any use."""
        return self._pair is not None

    @property
    def pids(self) -> list[int]:
        """The id of the process, while it runs."""
        return [] if self._child.pid is None else [self._child.pid]

    async def run(self) -> None:
        """Keep the process running until cancelled; returns at once when there is no pair."""
        if self._pair is not None:
            await self._child.run()

    def want(self, cutout: Message) -> None:
        """Have a picture encoded; when too many wait, the oldest is not."""
        self._waiting.append(cutout)
        if not self._under_way:
            self._next()

    def _next(self, *, again: bool = False) -> None:
        """Hand the next one over; `again`: the process ended, and what it had is lost."""
        self._under_way = False
        if not again and self._waiting and self._child.send(self._waiting[0].header, self._waiting[0].payload):
            self._waiting.popleft()
            self._under_way = True

    def _answered(self, message: Message) -> None:
        if message.kind == "alive":
            if not self._under_way:
                self._next()
            return
        if message.kind == "likeness":
            self._on_answer(message.header)
        else:
            log.error("how people look cannot be told", reason=message.header.get("message"))
        self._next()


def _found(data_dir: Path) -> Pair | None:
    try:
        return find(data_dir)
    except LikenessError as error:
        log.warning("how people look cannot be told", reason=str(error))
        return None
