"""A camera's main stream in a process of its own: recorded as it comes, never decoded, opened again for ever.

While it cannot be had, the stream that is counted with is recorded instead: coarse evidence is better than none. Only
one of the two is recorded at a time, by this process alone.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from doorwatch.analyzer.camera_process import listen
from doorwatch.analyzer.keeping import Keeping, Recorded
from doorwatch.analyzer.memory import give_back, without_traces
from doorwatch.analyzer.rtsp import CopySource, UnlikeError
from doorwatch.analyzer.source import CopiedSource, open_camera
from doorwatch.analyzer.trouble import NOT_FOUND, ONLINE, STARTING, CameraTrouble, ClockWasSet, Pauses
from doorwatch.analyzer.wire import Link

Orders: TypeAlias = "queue.SimpleQueue[dict[str, Any]]"

_AGAIN = 0.2
_PATIENCE = 6.0
"""Seconds after which the other stream stands in for a main stream that does not come."""

_TOLD_EVERY = 1.0


@dataclass(slots=True)
class MainSettings:
    """What the parent wants: where both streams are, where to record, and what is added to the camera's own times."""

    camera_id: str
    url: str
    stand_in: str
    recorded: Recorded
    transport: str
    correction: int = 0
    keep: tuple[int, int] | None = None
    unlike: bool = False
    """Whether the camera does something that only FFmpeg knows."""

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "MainSettings":
        """The settings in a child's configuration."""
        return cls(
            camera_id=str(told["camera_id"]),
            url=str(told["url"]),
            stand_in=str(told["stand_in"]),
            recorded=Recorded.read(told["recorded"]),
            transport=str(told.get("transport", "tcp")),
            correction=int(told.get("correction", 0)),
        )


class Opening:
    """Opens the main stream in a thread of its own, again and again until it is there."""

    def __init__(self, settings: MainSettings, *, after: float = 0.0) -> None:
        self.trouble: CameraTrouble | None = None
        self._settings = settings
        self._found: queue.SimpleQueue[CopiedSource] = queue.SimpleQueue()
        self._answered = threading.Event()
        threading.Thread(target=self._try, args=(after,), daemon=True).start()

    def take(self, seconds: float = 0.0) -> CopiedSource | None:
        """The opened stream, once; None when it is not there within so many seconds, or is known not to be."""
        self._answered.wait(seconds)
        try:
            return self._found.get_nowait()
        except queue.Empty:
            return None

    def _try(self, after: float) -> None:
        time.sleep(after)
        pauses = Pauses(0.2, 0.5, 1.0, 2.0, 4.0)
        while True:
            try:
                self._found.put(_opened(self._settings))
            except CameraTrouble as trouble:
                self.trouble = without_traces(trouble)
                self._answered.set()
                time.sleep(pauses.after(trouble))
            else:
                self._answered.set()
                return


def _opened(settings: MainSettings) -> CopiedSource:
    """The main stream by the reader that costs least, or by the one that knows most. Raises CameraTrouble."""
    if settings.url.lower().startswith("rtsp:") and settings.transport == "tcp" and not settings.unlike:
        try:
            return CopySource(settings.url)
        except UnlikeError:
            settings.unlike = True
    return open_camera(settings.url, settings.transport)


def run(link: Link, configuration: dict[str, Any]) -> None:
    """Record until the parent is gone."""
    settings = MainSettings.read(configuration)
    orders: Orders = queue.SimpleQueue()
    threading.Thread(target=listen, args=(link, orders), daemon=True).start()
    opening = Opening(settings)
    pauses = Pauses(0.5)
    while True:
        source = opening.take(_PATIENCE) or _stand_in(link, settings, orders, opening, pauses)
        if source is None:
            continue
        trouble = without_traces(Recording(link, settings, orders, source).run())
        del source
        give_back()
        if isinstance(trouble, UnlikeError):
            settings.unlike = True
        _tell(link, trouble)
        if trouble.code == NOT_FOUND and settings.url.startswith("file:"):
            _rest(link)
        opening = Opening(settings, after=_AGAIN)


def _stand_in(
    link: Link, settings: MainSettings, orders: "Orders", opening: Opening, pauses: Pauses
) -> CopiedSource | None:
    """Record the other stream until the main one is there, and give that; None when neither can be had."""
    _tell(link, opening.trouble)
    try:
        source = open_camera(settings.stand_in, settings.transport)
    except CameraTrouble as trouble:  # what is wrong with that one is said by the process that counts with it
        return _wait_for(link, opening, pauses.after(trouble))
    recording = Recording(link, settings, orders, source, main=opening)
    recording.run()
    return recording.found or opening.take()


def _wait_for(link: Link, opening: Opening, seconds: float) -> CopiedSource | None:
    """The main stream as soon as it is there, None when it is not within so many seconds."""
    until = time.monotonic() + seconds
    while (source := opening.take()) is None and (left := until - time.monotonic()) > 0:
        link.send({"kind": "alive"})
        time.sleep(min(left, _AGAIN))
    return source


class Recording:
    """One stream that is recorded until it breaks; a stand-in until `main` is there, which is then `found`."""

    def __init__(
        self, link: Link, settings: MainSettings, orders: "Orders", source: CopiedSource, *, main: Opening | None = None
    ) -> None:
        self.found: CopiedSource | None = None
        self._link = link
        self._settings = settings
        self._orders = orders
        self._source = source
        self._main = main
        self._told = 0.0

    def run(self) -> CameraTrouble:
        """Record; what ended it."""
        with contextlib.closing(self._source) as source:
            keeping = Keeping(self._link, self._settings.camera_id, source, self._settings.recorded)
            if self._settings.keep is not None:
                keeping.keep(*self._settings.keep)
            try:
                self._keep(source, keeping)
            except CameraTrouble as trouble:
                if isinstance(trouble, ClockWasSet):
                    self._settings.keep = None
                return trouble
            finally:
                keeping.end()
        return CameraTrouble(NOT_FOUND, "the file was played to its end")

    def _keep(self, source: CopiedSource, keeping: Keeping) -> None:
        begun = False
        source.follow(self._settings.correction)
        for packet in source.packets():
            begun = begun or packet.key
            if not begun:
                continue  # nothing can be made of what comes before the first key picture
            keeping.add(packet)
            with contextlib.suppress(queue.Empty):
                while True:
                    self._obey(self._orders.get_nowait(), keeping)
            if self._main is not None and (found := self._main.take()) is not None:
                self.found = found
                return
            self._report(keeping)

    def _obey(self, order: Mapping[str, Any], keeping: Keeping) -> None:
        if order["kind"] == "clock":
            self._settings.correction = int(order["correction"])
            self._source.follow(self._settings.correction)
        elif order["kind"] == "keep":
            self._settings.keep = int(order["from"]), int(order["until"])
            keeping.keep(*self._settings.keep)

    def _report(self, keeping: Keeping) -> None:
        now = time.monotonic()
        if now - self._told < _TOLD_EVERY:
            return
        self._told = now
        self._link.send({"kind": "recording", "trouble": keeping.trouble})
        if self._main is not None:
            _tell(self._link, self._main.trouble)
        else:
            self._link.send({"kind": "state", "code": ONLINE, "message": "online"})


def _tell(link: Link, trouble: CameraTrouble | None) -> None:
    """Say what is wrong; something else than silence also where nobody knows yet."""
    code = STARTING if trouble is None else trouble.code
    link.send({"kind": "state", "code": code, "message": str(trouble or "the camera does not answer")})


def _rest(link: Link) -> None:
    """Stay alive and do nothing: a file is recorded once."""
    while True:
        link.send({"kind": "alive"})
        time.sleep(_TOLD_EVERY)
