"""What a camera needs of the analyzer around it."""

from typing import Any, Protocol

from doorwatch.analyzer.metrics import Metrics
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.time import Micros
from doorwatch.recording.segments import Segment


class Surroundings(Protocol):
    """What a camera needs of the analyzer."""

    @property
    def metrics(self) -> Metrics:
        """Where is measured."""
        ...

    def detect(self, camera_id: str, frame: dict[str, Any], size: tuple[int, int], detector: str | None) -> bool:
        """Hand a frame to a detector."""
        ...

    def look(self, camera_id: str, ring: str, look: dict[str, Any], detector: str | None) -> None:
        """Have a crossing looked at a second time."""
        ...

    def forget_frames(self, ring: str) -> None:
        """The frames of a ring will not come any more."""
        ...

    def show(self, data: bytes, *, camera_id: str, key: bool) -> None:
        """Send a frame of the live stream."""
        ...

    def crossing(self, crossing: Crossing, *, first: bool) -> None:
        """Report a crossing, for the first time or with a longer trail."""
        ...

    def covered(self, camera_id: str, start: Micros, end: Micros) -> None:
        """Report coverage."""
        ...

    def state(self, state: dict[str, Any]) -> None:
        """Report the camera's state."""
        ...

    def segment(self, segment: Segment) -> None:
        """Report a segment."""
        ...

    def snapshot(self, camera_id: str, picture: bytes, at: Micros) -> None:
        """Send a picture that was captured at a time."""
        ...

    def name_run(self) -> str:
        """A name that no counter had before."""
        ...

    def walk(self, walk: dict[str, Any]) -> None:
        """Report somebody's way through the picture."""
        ...
