"""How those who crossed look: put together from what the tracks and the detector's process say, beside the counting.

A crossing is told at once. Colours and bags are known half a second later, and how long somebody was there when they have
gone: then the same crossing is told again with that.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from doorwatch.domain.appearance import UNKNOWN, Appearance, Carried, Colour
from doorwatch.domain.crossing import Crossing
from doorwatch.domain.likeness import Likeness
from doorwatch.domain.time import SECOND, Micros
from doorwatch.vision.pipeline import PersonSeen

GONE: Micros = 4 * SECOND
"""Who was not seen for so long has gone; of somebody who stands still a picture comes every three seconds."""

_MOST = 256
_FORGOTTEN: Micros = 120 * SECOND


@dataclass(slots=True)
class _Stay:
    """From when to when a track was seen, and until when it was told as that long."""

    since: Micros
    last: Micros
    told: Micros | None = None


class Tell(Protocol):
    """Reports a crossing."""

    def __call__(self, crossing: Crossing, *, first: bool) -> None:
        """Report it, for the first time or again."""
        ...


class Appearances:
    """Of one camera; for the crossings of the last minutes. `tell` is called for one of which more is known now."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._stays: dict[str, _Stay] = {}
        self._told: dict[str, Crossing] = {}
        self._known: dict[str, Appearance] = {}

    def of(self, crossing: Crossing) -> Crossing:
        """A crossing that is to be told, with what is known by now."""
        whole = replace(crossing, appearance=self._known.get(crossing.crossing_id, UNKNOWN))
        self._told[crossing.crossing_id] = whole
        while len(self._told) > _MOST:
            oldest = next(iter(self._told))
            del self._told[oldest]
            self._known.pop(oldest, None)
        return whole

    def worn(self, answer: Mapping[str, Any]) -> None:
        """The detector's process says what somebody wears and carries; of whom that is nobody knows when it is long past."""
        crossing_id = str(answer["crossing_id"])
        colours = {part: Colour(answer[part]) if answer.get(part) else None for part in ("upper", "lower")}
        self._learn(crossing_id, **colours, carried=frozenset(Carried(one) for one in answer.get("carried", ())))

    def resembles(self, answer: Mapping[str, Any]) -> None:
        """The encoder says how somebody looks."""
        look = Likeness(int(answer["model"]), b64decode(answer["direction"]))
        self._learn(str(answer["crossing_id"]), likeness=look)

    def observe(self, at: Micros, people: Sequence[PersonSeen]) -> None:
        """Take who is seen at a time; of those who have gone since it is told how long they were there."""
        for person in people:
            stay = self._stays.setdefault(person.track, _Stay(at, at))
            stay.last = at
        gone = {name: stay for name, stay in self._stays.items() if at - stay.last > GONE}
        for crossing in list(self._told.values()):
            left = gone.get(crossing.track)
            if left is not None and left.told != left.last:
                self._learn(crossing.crossing_id, dwell=left.last - left.since)
        for name, stay in gone.items():
            stay.told = stay.last
            if at - stay.last > _FORGOTTEN:
                del self._stays[name]

    def _learn(self, crossing_id: str, **known: Any) -> None:
        crossing = self._told.get(crossing_id)
        if crossing is not None:
            self._known[crossing_id] = replace(crossing.appearance, **known)
            self._tell(self.of(crossing), first=False)
