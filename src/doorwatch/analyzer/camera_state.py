"""How a camera is, and when that is told: a code, a sentence, and the figures of its stream."""

from dataclasses import dataclass, field
from typing import Any

from doorwatch.analyzer.trouble import FAILED, ONLINE, STARTING
from doorwatch.domain.time import SECOND, Micros, to_iso

_TOLD_AGAIN: Micros = 10 * SECOND


@dataclass(slots=True)
class CameraState:
    """The state of one camera; `main` says that its main stream is recorded by a process of its own.

    Code and message are those of the stream that is counted with; what else is wrong stands in `trouble` by its place.
    """

    code: int = STARTING
    message: str = "the camera is being opened"
    main: bool = False
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    codec: str | None = None
    last_frame_at: Micros | None = None
    latency: Micros | None = None
    left_out: int = 0
    skew: Micros | None = None
    detector: str | None = None
    trouble: dict[str, str] = field(default_factory=dict)
    _told: tuple[int, str] | None = None
    _told_at: Micros = 0

    def say(self, code: int, message: str) -> None:
        """Take over what the camera's process says. One that is away stays so however often it is opened, until it is online."""
        if code != STARTING or self.code <= ONLINE:
            self.code, self.message = code, message

    def due(self, now: Micros, *, again: bool = False) -> dict[str, Any] | None:
        """What to report: when it changed, was told long ago or is wanted `again`; else None."""
        code, message = self._summary()
        if not again and self._told == (code, message) and abs(now - self._told_at) < _TOLD_AGAIN:
            return None
        self._told, self._told_at = (code, message), now
        return {
            "code": code,
            "message": message,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "codec": self.codec,
            "last_frame_at": to_iso(self.last_frame_at) if self.last_frame_at else None,
            "latency_ms": round(self.latency / 1000) if self.latency is not None else None,
            "skew_ms": round(self.skew / 1000) if self.skew is not None else None,
            "detector": self.detector,
        }

    def _summary(self) -> tuple[int, str]:
        if self.code == ONLINE and self.trouble:
            return (FAILED if "detector" in self.trouble else ONLINE), "; ".join(self.trouble.values())
        if self.main and self.code > ONLINE and "main stream" not in self.trouble:
            return self.code, f"{self.message}; the main stream is recorded meanwhile, but nobody is counted"
        return self.code, self.message
