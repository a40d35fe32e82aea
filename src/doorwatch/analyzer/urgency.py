"""When coverage must be told without delay, because a verdict waits for it."""

from doorwatch.domain.time import SECOND, Clock, Micros

LEAST: Micros = 20 * SECOND
"""How long at least after a crossing, a grant or a new connection."""

BEYOND_SETTLE: Micros = 14 * SECOND
"""How long beyond `settle`: a grant may be waited for before that begins, and frames may be late."""

_MOST_MOMENTS = 1000


class Urgency:
    """One camera's. Moments are capture times, lengths are microseconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: Micros = 0
        self._moments: list[Micros] = []

    @property
    def lasts(self) -> bool:
        """Whether a verdict may be waiting now."""
        return self._clock.now() < self._until

    def news(self, settle: Micros) -> None:
        """Something happened at a door whose verdicts settle after so long."""
        self._until = max(self._until, self._clock.now() + max(LEAST, settle + BEYOND_SETTLE))

    def crossed(self, at: Micros, settle: Micros) -> None:
        """Somebody crossed: coverage of the moment at which that is settled is waited for."""
        self.news(settle)
        self._moments = [*self._moments[-_MOST_MOMENTS:], at + settle]

    def reached(self, at: Micros) -> bool:
        """Whether a moment that is waited for has come by this capture time; each is told once."""
        left = [moment for moment in self._moments if moment > at]
        came = len(left) < len(self._moments)
        self._moments = left
        return came
