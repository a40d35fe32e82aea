"""How exactly the stream and the report of a PACS write their times, learned from what they wrote.

Both may leave out zeros at the end: `.85` is a whole number of milliseconds from a writer of milliseconds, and anything
from `.845` to `.86` from a writer of hundredths. Which of the two it is, only its other times can say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from doorwatch.pacs.driver import PacsEvent

FORGOTTEN_AFTER = 1000
"""Copies in a row with fewer decimals, after which a writer is believed to have changed."""


@dataclass(slots=True)
class _Writer:
    decimals: int
    shorter: int = 0
    longest: int = 0

    def hear(self, decimals: int, copies: Callable[[], int]) -> None:
        if decimals >= self.decimals:
            self.decimals, self.shorter, self.longest = decimals, 0, 0
            return
        self.shorter += copies()
        self.longest = max(self.longest, decimals)
        if self.shorter >= FORGOTTEN_AFTER:
            self.decimals, self.shorter, self.longest = self.longest, 0, 0


class Writers:
    """The number of decimals that each source gives where none is a zero."""

    def __init__(self, kept: bytes | None = None) -> None:
        known = msgspec.json.decode(kept, type=dict[str, int]) if kept else {}
        self._writers = {source: _Writer(decimals) for source, decimals in known.items()}

    def hear(self, events: Sequence[PacsEvent]) -> bool:
        """Learn from copies before they are compared; whether something is new that should be kept."""
        before = self.decimals
        longest: dict[str, int] = {}
        for source, decimals in {(event.source, event.decimals) for event in events}:
            longest[source] = max(decimals, longest.get(source, 0))
        for source, decimals in longest.items():
            if source in self._writers:
                copies = partial(_count, events, source)
                self._writers[source].hear(decimals, copies)
            else:
                self._writers[source] = _Writer(decimals)
        return self.decimals != before

    @property
    def decimals(self) -> Mapping[str, int]:
        """Decimals by source."""
        return {source: writer.decimals for source, writer in self._writers.items()}

    def encoded(self) -> bytes:
        """What to keep for the next start."""
        return msgspec.json.encode(self.decimals)


def _count(events: Sequence[PacsEvent], source: str) -> int:
    return sum([event.source == source for event in events])
