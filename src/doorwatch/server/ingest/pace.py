"""How long a write of events waits for more posts: one large write costs less than several small ones.

Each write has its price whatever it holds (a commit, a look at each door, a page of each index that it touches), so at
thousands of events a second small writes cost several times what the events do. Who posts, how many at a time and how
often differs, so it is learned: as many posts as the last write held are waited for, and now and then one more. Where that
one comes it is worth waiting for from then on; where it does not come, it is tried more and more seldom.
"""

from typing import NamedTuple

MANY_POSTS = 16
BREATH_SECONDS = 0.02
"""After many posts; real time, since it is the machine's own pace that is waited for."""

SECONDS_PER_EVENT = 1 / 2500
"""So long is waited for each event of the last write: where fewer come in a second, waiting brings nothing."""
LONGEST_SECONDS = 0.1
GAP_SECONDS = 0.03
"""When nobody has posted for so long, nobody will: gateways send every 25 ms while events come thick."""

_MOST_SELDOM = 64


class Pause(NamedTuple):
    """Wait for so many posts, for so many seconds at most, and so many after the last one that came."""

    posts: int
    seconds: float
    gap: float


class Pace:
    """What was learned of those who post to one access control system."""

    def __init__(self) -> None:
        self._left = 0
        self._seldom = 1
        self._trying = False

    def after(self, posts: int, events: int, waiting: int) -> Pause:
        """How to wait after a write of so many posts and events, while so many posts wait already."""
        self._trying = False
        if posts >= MANY_POSTS:
            # Half of those who post at the same time: what they wait for is then on its way while the others post.
            return Pause((posts + waiting) // 2, BREATH_SECONDS, BREATH_SECONDS)
        self._trying = self._left == 0
        self._left = max(0, self._left - 1)
        seconds = min(LONGEST_SECONDS, events * SECONDS_PER_EVENT)
        return Pause(posts + self._trying, seconds, min(seconds, GAP_SECONDS))

    def learn(self, *, enough: bool) -> None:
        """Hear whether as many posts came as `after` said."""
        if self._trying:
            self._seldom = 1 if enough else min(_MOST_SELDOM, self._seldom * 2)
            self._left = 0 if enough else self._seldom
