"""One camera in a process of its own: opened, watched, and opened again for as long as the parent lives.

Whatever a broken stream does to a decoder, it does it here. Nothing is detected in this process.
"""

import contextlib
import os
import queue
import threading
import time
from typing import Any

from doorwatch.analyzer.memory import give_back, without_traces
from doorwatch.analyzer.source import open_camera
from doorwatch.analyzer.trouble import FAILED, NOT_FOUND, STARTING, CameraTrouble, ClockWasSet, Pauses
from doorwatch.analyzer.watch import Watch, WatchSettings
from doorwatch.analyzer.wire import Link

_PATIENCE = 0.2


def run(link: Link, configuration: dict[str, Any]) -> None:
    """Watch the camera until the parent is gone."""
    settings = WatchSettings.read(configuration)
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(link, orders), daemon=True).start()
    pauses = Pauses(0.2, 0.5, 1.0)
    while True:
        link.send({"kind": "state", "code": STARTING, "message": "the camera is being opened"})
        trouble, watched = _watched(link, settings, orders)
        link.send({"kind": "state", "code": trouble.code, "message": str(trouble)})
        give_back()
        _wait(link, settings, orders, pauses.after(trouble, watched=watched))


def _watched(
    link: Link, settings: WatchSettings, orders: "queue.SimpleQueue[dict[str, Any]]"
) -> tuple[CameraTrouble, bool]:
    """Watch the camera until that ends: why it did, and whether it was seen at all. Nothing of the stream is kept."""
    seen = False
    try:
        with contextlib.closing(open_camera(settings.url, settings.transport)) as source:
            watch = Watch(link, settings, source, orders)
            try:
                watch.run()
            finally:
                seen = watch.frames > 0
                watch.close()
        settings.finished = True
        return CameraTrouble(NOT_FOUND, "the file was played to its end"), seen
    except ClockWasSet as error:
        settings.forget_times()
        trouble: CameraTrouble = error
    except CameraTrouble as error:
        trouble = error
    except MemoryError:
        trouble = CameraTrouble(FAILED, "the camera's pictures are too large for this machine's memory")
    return without_traces(trouble), seen


def _wait(link: Link, settings: WatchSettings, orders: "queue.SimpleQueue[dict[str, Any]]", seconds: float) -> None:
    """Stay alive for so long, or for ever after a file's end; orders that need no pictures are still taken."""
    until = time.monotonic() + seconds
    while settings.finished or time.monotonic() < until:
        time.sleep(_PATIENCE)
        link.send({"kind": "alive"})
        with contextlib.suppress(queue.Empty):
            while True:
                settings.take(orders.get_nowait())


def listen(link: Link, orders: "queue.SimpleQueue[dict[str, Any]]") -> None:
    """Put the parent's orders into a queue; ends the process when the parent is gone."""
    while (message := link.receive()) is not None:
        orders.put(message.header)
    os._exit(0)  # the parent is gone, and nobody waits for a tidy end
