"""How many events one token may store: one that runs wild is slowed down before it takes the database from the others."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

BURST_SECONDS = 10
"""So much of the rate may come at once after a rest: a gateway that was cut off catches up."""

_MOST_REMEMBERED = 1000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Allowances:
    """A bucket for each token, filled at a rate of events a second; `monotonic` tells seconds."""

    def __init__(self, rate: float, monotonic: Callable[[], float]) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, token_id: str, events: int) -> int:
        """Take so many events: 0 when the token may store them, else the whole seconds after which to try again.

        What is refused takes nothing. A post larger than all that a bucket holds waits for a full one.
        """
        now = self._monotonic()
        most = self._rate * BURST_SECONDS
        bucket = self._buckets.get(token_id)
        if bucket is None:
            bucket = self._buckets[token_id] = _Bucket(most, now)
            if len(self._buckets) > _MOST_REMEMBERED:
                self._buckets.popitem(last=False)
        bucket.left = min(most, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        wanted = min(events, most)
        if wanted > bucket.left:
            return math.ceil((wanted - bucket.left) / self._rate)
        bucket.left -= events
        return 0
