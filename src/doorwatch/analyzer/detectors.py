"""The detector workers: which camera's frames go where, and what becomes of them when a worker dies."""

import asyncio
import zlib
from collections.abc import Callable
from typing import Any

from doorwatch.analyzer.children import Child
from doorwatch.analyzer.settings import AnalyzerSettings
from doorwatch.analyzer.wire import Message
from doorwatch.domain.time import Clock

_SIGN_OF_LIFE = 5.0


class Detectors:
    """`settings.workers` processes; a camera always goes to the same one, so that its frames stay in order.

    `on_answer` gets one message for every frame that was handed over: `boxes`, `unusable` (with the reason) or `gone`;
    a `second` for every second look that found one more person, and a `worn` for whoever's clothes or bags could be named.
    `on_cutout` gets the best picture of whoever crossed, where one was wanted.
    """

    def __init__(
        self,
        settings: AnalyzerSettings,
        on_answer: Callable[[dict[str, Any]], None],
        clock: Clock,
        *,
        on_cutout: Callable[[Message], None] = lambda _message: None,
    ) -> None:
        self._settings = settings
        self._on_cutout = on_cutout
        self._on_answer = on_answer
        self._clock = clock
        self._under_way: list[dict[tuple[str, int], dict[str, Any]]] = [{} for _ in range(max(1, settings.workers))]
        self._workers = [self._worker(number) for number in range(len(self._under_way))]

    @property
    def pids(self) -> list[int]:
        """The ids of the processes that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def run(self) -> None:
        """Keep the workers running until cancelled."""
        async with asyncio.TaskGroup() as group:
            for worker in self._workers:
                group.create_task(worker.run())
            group.create_task(self._keep_asking())

    def detect(self, camera_id: str, frame: dict[str, Any], size: tuple[int, int], detector: str | None) -> bool:
        """Hand a frame over; False when its worker takes none now, and then no answer comes."""
        number = zlib.crc32(camera_id.encode()) % len(self._workers)
        order = {**frame, "kind": "detect", "camera_id": camera_id, "size": list(size), "detector": detector}
        if not self._workers[number].send(order):
            return False
        self._under_way[number][frame["ring"], frame["slot"]] = order
        return True

    def look(self, camera_id: str, ring: str, look: dict[str, Any], detector: str | None) -> None:
        """Have a crossing looked at a second time; a `second` comes back only where one more person is found.

        With `clothing` in it a `worn` comes back as well, where a colour or a bag was told; with `cutout` a picture of the person.
        """
        number = zlib.crc32(camera_id.encode()) % len(self._workers)
        self._workers[number].send(
            {"kind": "look", "camera_id": camera_id, "ring": ring, "look": look, "detector": detector}
        )

    def forget(self, ring: str) -> None:
        """A camera's process ended: nobody will ask for its frames any more."""
        for number, worker in enumerate(self._workers):
            worker.send({"kind": "forget", "ring": ring})
            for key in [key for key in self._under_way[number] if key[0] == ring]:
                del self._under_way[number][key]

    def _worker(self, number: int) -> Child:
        return Child(
            "detector",
            f"detector {number + 1}",
            lambda: {"data_dir": str(self._settings.data_dir), "detector": self._settings.detector},
            lambda message: self._answered(number, message),
            lambda _code: self._died(number),
            self._clock,
        )

    def _answered(self, number: int, message: Message) -> None:
        if message.kind in {"second", "worn"}:
            self._on_answer(message.header)
        if message.kind == "cutout":
            self._on_cutout(message)
        if message.kind in {"boxes", "unusable", "gone"}:
            key = (message.header["ring"], message.header["slot"])
            if self._under_way[number].pop(key, None) is not None:
                self._on_answer(message.header)

    def _died(self, number: int) -> None:
        lost, self._under_way[number] = self._under_way[number], {}
        for order in lost.values():
            self._on_answer({**order, "kind": "gone"})

    async def _keep_asking(self) -> None:
        """A worker without frames is asked whether it lives."""
        while True:
            await self._clock.sleep(_SIGN_OF_LIFE)
            for worker in self._workers:
                worker.send({"kind": "alive"})
