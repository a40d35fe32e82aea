"""How long to wait before the next try: doubling, with jitter, bounded."""

import random
from collections.abc import Callable


class Backoff:
    """Delays that double from `first` to `most` seconds, each spread between half and all of itself.

    The spread keeps many producers that lost the same server from coming back at the same moment.
    """

    def __init__(self, first: float = 0.5, most: float = 60.0, *, spread: Callable[[], float] = random.random) -> None:
        self._first = first
        self._most = most
        self._spread = spread
        self.failures = 0

    def next_delay(self) -> float:
        """Seconds to wait after one more failure."""
        whole = min(self._most, self._first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return whole * (0.5 + 0.5 * self._spread())

    def reset(self) -> None:
        """Something went well: start small again."""
        self.failures = 0
