"""Looks for people in the frames of all cameras, one frame after the other, on one core."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from doorwatch.analyzer.frames import FrameView
from doorwatch.analyzer.wire import Link
from doorwatch.domain.errors import DoorwatchError
from doorwatch.vision.detect.base import Detector
from doorwatch.vision.models import open_detector
from doorwatch.vision.region import View
from doorwatch.vision.second_look import Glimpses, Look

_TRY_AGAIN = 10.0
_ECHO = ("camera_id", "ring", "slot", "at", "arrived", "decoded", "index", "view")


def run(link: Link, configuration: dict[str, Any]) -> None:
    """Load the detector, then answer every `detect` with the boxes of people, until the parent is gone."""
    worker = _Worker(link, Path(configuration["data_dir"]), configuration.get("detector"))
    while (message := link.receive()) is not None:
        order = message.header
        if order["kind"] == "forget":
            worker.forget(str(order["ring"]))
        elif order["kind"] == "detect":
            worker.detect(order)
        elif order["kind"] == "look":
            worker.look(order)
        else:
            link.send({"kind": "alive"})


class _Worker:
    def __init__(self, link: Link, data_dir: Path, default: str | None) -> None:
        self._link = link
        self._data_dir = data_dir
        self._default = default
        self._detectors: dict[str | None, Detector] = {}
        self._refused: dict[str | None, tuple[float, str]] = {}
        self._views: dict[str, FrameView] = {}
        self._glimpses: dict[str, Glimpses] = {}
        self._detector(default)

    def forget(self, ring: str) -> None:
        """Let go of a camera's shared frames."""
        self._views.pop(ring, None)
        self._glimpses.pop(ring, None)

    def detect(self, order: dict[str, Any]) -> None:
        """Find the people in one frame and tell the parent."""
        answer = {name: order[name] for name in _ECHO}
        detector = self._detector(order.get("detector") or self._default)
        if isinstance(detector, str):
            self._link.send({"kind": "unusable", "message": detector, **answer})
            return
        begun = time.monotonic()
        try:
            frames = self._views.get(order["ring"])
            if frames is None:
                frames = self._views[order["ring"]] = FrameView(order["ring"], *order["size"])
            picture = frames.frame(order["slot"])
            boxes = View(*order["view"]).search(detector, picture)
            self._glimpses.setdefault(order["ring"], Glimpses()).keep(int(order["at"]), picture, boxes)
        except (OSError, ValueError):
            self._link.send({"kind": "gone", **answer})  # the camera's process ended in between
            return
        self._link.send(
            {
                "kind": "boxes",
                **answer,
                "boxes": [list(box) for box in boxes],
                "detector": detector.name,
                "profile": asdict(detector.profile),
                "seconds": time.monotonic() - begun,
            }
        )

    def look(self, order: dict[str, Any]) -> None:
        """Look a second time at somebody who crossed: whether there is one more, what is worn and carried; a picture of them."""
        detector = self._detector(order.get("detector") or self._default)
        glimpses = self._glimpses.get(order["ring"])
        if glimpses is None or isinstance(detector, str):
            return
        look = Look.read(order["look"])
        answer = {"camera_id": order["camera_id"], "ring": order["ring"], "crossing_id": look.crossing_id}
        seen = glimpses.look_closely(detector, look)
        if seen.second:
            self._link.send({"kind": "second", **answer})
        if order["look"].get("clothing"):
            worn = glimpses.worn(look)
            if worn.upper or worn.lower or seen.carried:
                told = {"upper": worn.upper, "lower": worn.lower, "carried": sorted(seen.carried)}
                self._link.send({"kind": "worn", **answer, **told})
        if order["look"].get("cutout") and (cutout := glimpses.best(look)) is not None:
            size = list(cutout.shape[:2])
            self._link.send({"kind": "cutout", **answer, "size": size}, cutout.tobytes())

    def _detector(self, name: str | None) -> Detector | str:
        """The detector of this name (the best one found for None), or why there is none."""
        if name in self._detectors:
            return self._detectors[name]
        tried, reason = self._refused.get(name, (0.0, ""))
        if reason and time.monotonic() - tried < _TRY_AGAIN:
            return reason
        try:
            self._detectors[name] = open_detector(name, self._data_dir)
        except DoorwatchError as error:
            self._refused[name] = (time.monotonic(), str(error))
            return str(error)
        return self._detectors[name]
