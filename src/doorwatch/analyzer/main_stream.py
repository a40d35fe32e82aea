"""A camera's main stream as the parent knows it: recorded by a process of its own, beside the one that counts."""

from collections.abc import Callable
from typing import Any

import structlog

from doorwatch.analyzer.children import Child
from doorwatch.analyzer.keeping import Recorded
from doorwatch.analyzer.settings import CameraConfiguration
from doorwatch.analyzer.trouble import FAILED, ONLINE, STARTING
from doorwatch.analyzer.wire import Message
from doorwatch.domain.time import Clock, Micros

log = structlog.get_logger(__name__)


class MainStream:
    """Keeps the main stream recorded; `run` works until cancelled.

    `before` is called before each start of the process, `recorded` and `segment` with what is on disk, `trouble` with
    one sentence whenever it changes why the main stream is not recorded, None when it is.
    """

    def __init__(
        self,
        configuration: CameraConfiguration,
        recorded: Recorded,
        clock: Clock,
        *,
        before: Callable[[], None],
        on_message: Callable[[Message], None],
        trouble: Callable[[str | None], None],
    ) -> None:
        self._configuration = configuration
        self._recorded = recorded
        self._before = before
        self._on_message = on_message
        self._trouble = trouble
        self._correction: Micros = 0
        self.child = Child(
            "main", f"main stream of camera {configuration.name}", self._for_child, self._heard, self._ended, clock
        )

    async def run(self) -> None:
        """Keep it recorded until cancelled."""
        await self.child.run()

    def follow(self, correction: Micros) -> None:
        """Have its times corrected as those of the stream that is counted with."""
        if correction != self._correction:
            self._correction = correction
            self.child.send({"kind": "clock", "correction": correction})

    def keep(self, start: Micros, until: Micros) -> None:
        """Have what was captured from `start` to `until` recorded, where only events are."""
        self.child.send({"kind": "keep", "from": start, "until": until})

    def _for_child(self) -> dict[str, Any]:
        self._before()
        one = self._configuration
        return {
            "camera_id": one.camera_id,
            "url": one.main_url,
            "stand_in": one.url,
            "transport": one.transport,
            "recorded": self._recorded.told(),
            "correction": self._correction,
        }

    def _heard(self, message: Message) -> None:
        if message.kind == "state":
            self._state(int(message.header["code"]), str(message.header["message"]))
        else:
            self._on_message(message)

    def _ended(self, code: int | None) -> None:
        self._state(FAILED, f"its process ended (exit code {code}) and is started again")

    def _state(self, code: int, message: str) -> None:
        if code == ONLINE:
            self._trouble(None)
        elif code != STARTING:
            self._trouble(f"the main stream is not recorded, but the one to count with is: {message}")
        else:
            self._trouble(f"the main stream is waited for: {message}")
