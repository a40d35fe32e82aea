"""When a picture was captured, out of what a live stream tells: its own timestamps, the camera's clock, our clock.

A camera's clock is believed when pictures arrive a plausible time after the moment that it names. Otherwise (a clock
that nobody set, a stream that does not tell) the time is the earliest arrival that fits the stream's own timestamps:
pictures are delayed by the network by chance, never sent early, so that the quickest of them show the true pace.
"""

from dataclasses import dataclass

from doorwatch.domain.time import MILLISECOND, SECOND, Micros

EARLIEST: Micros = -250 * MILLISECOND
LATEST: Micros = 2 * SECOND
"""A picture of a camera whose clock is right arrives between these, seen from its capture time."""

_JUMP: Micros = SECOND // 2
_STEP: Micros = 20 * MILLISECOND
_DRIFT_PER_SECOND: Micros = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one packet: its own time in the stream, when it came, and the camera's clock if it was told."""

    stream_time: Micros
    arrived: Micros
    reported: Micros | None


class CaptureTime:
    """Turns stream times into UTC. The answer only changes its mind at key pictures, and then gently."""

    def __init__(self) -> None:
        self._earliest: Micros | None = None
        self._heard: Micros = 0
        self._reported: Micros | None = None
        self._base: Micros | None = None

    @property
    def skew(self) -> Micros | None:
        """How long after the capture time on the camera's clock its pictures arrive, at best; None when unknown.

        That is the network's delay plus what the camera's clock is behind ours.
        """
        if self._reported is None or self._earliest is None:
            return None
        return self._earliest - self._reported

    @property
    def trusted(self) -> bool:
        """Whether the camera's own clock is believed."""
        skew = self.skew
        return skew is not None and EARLIEST <= skew <= LATEST

    def hear(self, told: Told) -> None:
        """Learn from a packet."""
        offset = told.arrived - told.stream_time
        if self._earliest is None:
            self._earliest = offset
        else:
            drift = _DRIFT_PER_SECOND * max(0, told.arrived - self._heard) // SECOND
            self._earliest = min(self._earliest + drift, offset)
        self._heard = told.arrived
        if told.reported is not None:
            self._reported = told.reported - told.stream_time

    def settle(self) -> bool:
        """Take over what was learnt, at a key picture; True when capture time jumps (a clock was set)."""
        target = self._reported if self.trusted else self._earliest
        if target is None:
            return False
        if self._base is None or abs(target - self._base) > _JUMP:
            jumped, self._base = self._base is not None, target
            return jumped
        self._base += max(-_STEP, min(_STEP, target - self._base))
        return False

    def utc(self, stream_time: Micros) -> Micros:
        """Capture time of a moment of the stream, after the first `settle`."""
        return stream_time + (self._base or 0)
