"""Raises the access events of the sample clip in the simulated PACS, each at its moment of the clip, loop after loop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from doorwatch.domain.time import Clock, Micros, from_seconds, to_seconds


@dataclass(frozen=True, slots=True)
class Cue:
    """One access event of the clip: `offset` microseconds after its first frame."""

    offset: Micros
    event_type: str
    cardholder: str | None


class Director:
    """Plays the cues in step with a clip that began at `epoch` and repeats every `duration` microseconds."""

    def __init__(
        self,
        cues: Sequence[Cue],
        *,
        epoch: Micros,
        duration: Micros,
        clock: Clock,
        raise_event: Callable[[Cue, Micros], Awaitable[None]],
    ) -> None:
        self._cues = sorted(cues, key=lambda cue: cue.offset)
        self._epoch = epoch
        self._duration = duration
        self._clock = clock
        self._raise = raise_event

    def next_cue(self, after: Micros) -> tuple[Cue, Micros]:
        """The first cue later than `after`, and when it is due."""
        loop = (after - self._epoch) // self._duration
        for start in (self._epoch + loop * self._duration, self._epoch + (loop + 1) * self._duration):
            for cue in self._cues:
                if start + cue.offset > after:
                    return cue, start + cue.offset
        raise ValueError("a clip without events has no next one")

    async def play(self) -> None:
        """Raise events until cancelled; what was due while the machine slept is left out."""
        last = self._clock.now()
        while True:
            cue, due = self.next_cue(max(last, self._clock.now() - from_seconds(1)))
            await self._clock.sleep(max(0.0, to_seconds(due - self._clock.now())))
            await self._raise(cue, due)
            last = due
            await asyncio.sleep(0)
