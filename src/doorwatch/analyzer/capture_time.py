"""When a picture was captured, out of what a live stream tells: its own timestamps, the camera's clock, our clock.

A camera's clock is believed when pictures arrive a plausible time after the moment that it names. Otherwise (a clock
that nobody set, a stream that does not tell) the time is the earliest arrival that fits the stream's own timestamps:
pictures are delayed by the network by chance, never sent early, so that the quickest of them show the true pace.

A second stream of the same camera tells the same clock. It follows the first one's correction of that clock, so that
both name the same time for the same moment, even where the clock itself is wrong.
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
        self._followed: Micros = 0
        self._leap = False

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
        """Whether the camera's own clock, with the correction that is followed, is believed."""
        skew = self.skew
        return skew is not None and EARLIEST <= skew - self._followed <= LATEST

    @property
    def correction(self) -> Micros:
        """What is added to the camera's own times; 0 while they are believed or none are told."""
        skew = self.skew
        return self._followed if skew is None or self.trusted else skew

    def follow(self, correction: Micros) -> None:
        """Correct the camera's own times as another stream of the same camera does; a large change is made at once."""
        self._leap = self._leap or abs(correction - self._followed) > _STEP
        self._followed = correction

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
        told = None if self._reported is None else self._reported + self._followed
        target = told if self.trusted else self._earliest
        if target is None:
            return False
        leap, self._leap = self._leap, False
        if self._base is None or abs(target - self._base) > (_STEP if leap else _JUMP):
            jumped, self._base = self._base is not None, target
            return jumped
        self._base += max(-_STEP, min(_STEP, target - self._base))
        return False

    def utc(self, stream_time: Micros) -> Micros:
        """Capture time of a moment of the stream, after the first `settle`."""
        return stream_time + (self._base or 0)
