"""Who is next: the items of one queue that are in memory, one lane a key. No disk, no waiting, no clock.

A lane is *behind* while some of its items are in the backlog on disk. As long as that is so, its new items go to disk too, which
is what keeps the order within a key; a lane that is not behind is served from memory, however large the others are.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from doorwatch.spool.items import OVERHEAD, Item

IDLE_LANES = 1024
"""So many lanes are kept though they are empty: a door that gave an event will give another."""


class Lane:
    """The items of one key."""

    __slots__ = (
        "behind",
        "fresh_weight",
        "from_backlog",
        "given",
        "held",
        "hungry",
        "items",
        "key",
        "last_read",
        "loading",
        "unread",
        "waiting",
        "written",
    )

    def __init__(self, key: str) -> None:
        self.key = key
        self.items: deque[Item] = deque()
        self.given = 0  # items that are out with a forwarder
        self.held = 0  # how many times over it is kept from giving anything
        self.fresh_weight = (
            0  # of items in memory that did not go through the backlog, or will be there after the commit
        )
        self.behind = False
        self.from_backlog = 0  # items in memory or out that were read from the backlog
        self.unread = False  # the disk holds something that was not read yet
        self.last_read = 0  # id of the last item of the backlog that was read
        self.written = 0  # id of the last item that was sent to the backlog
        self.loading = False
        self.hungry = False  # it stands in the line of lanes to be read
        self.waiting = False  # it stands in the line of lanes that have something to give


class Lanes:
    """All lanes of one queue, served in turn so that none starves."""

    def __init__(self, memory: int) -> None:
        # half for what comes in now, of which one key gets at most half; half for what is read back from disk
        self._half = memory // 2
        self._lanes: dict[str, Lane] = {}
        self._line: deque[Lane] = deque()  # lanes that have something to give
        self._hungry: deque[Lane] = deque()  # lanes that are behind and have nothing in memory
        self._fresh = 0
        self._loaded = 0

    @property
    def weight(self) -> int:
        """Bytes that the items in memory take."""
        return self._fresh + self._loaded

    @property
    def roomy(self) -> bool:
        """Whether much of what comes now would stay in memory."""
        return 4 * self._fresh <= 3 * self._half

    @property
    def ready(self) -> bool:
        """Whether `take` would give something."""
        return bool(self._line)

    @property
    def hungry(self) -> bool:
        """Whether a lane waits to be read from disk."""
        return bool(self._hungry)

    def start_behind(self, keys: Iterable[str]) -> None:
        """Say which keys have a backlog on disk from an earlier run."""
        for key in keys:
            lane = self._lane(key)
            lane.behind = lane.unread = True
            self._settle(lane)

    def place(self, key: str, weight: int, item_id: int) -> bool:
        """Decide where a new item belongs: True for memory (and `fresh`), False for the backlog."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key)
        if not lane.behind and self._fresh + weight <= self._half and lane.fresh_weight + weight <= self._half // 2:
            self._fresh += weight
            lane.fresh_weight += weight
            return True
        lane.behind, lane.written = True, item_id
        return False

    def place_all(self, items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
        """As `place`, for many: those that belong in memory, and those that belong in the backlog."""
        far: list[Item] = []
        lanes, half, most, fresh = self._lanes, self._half, self._half // 2, self._fresh
        for item in items:
            lane = lanes.get(item.key)
            if lane is None:
                lane = lanes[item.key] = Lane(item.key)
            weight = len(item.payload) + OVERHEAD
            if not lane.behind and fresh + weight <= half and lane.fresh_weight + weight <= most:
                fresh += weight
                lane.fresh_weight += weight
            else:
                lane.behind, lane.written, item.fresh = True, item.id, False
                far.append(item)
        self._fresh = fresh
        return ([item for item in items if item.fresh] if far else items), far

    def restore(self, items: Iterable[Item]) -> None:
        """Fresh items of an earlier run: they take their place whatever the limit is."""
        for item in items:
            self._fresh += item.weight
            self._lane(item.key).fresh_weight += item.weight
            self.add((item,))

    def add(self, items: Iterable[Item]) -> None:
        """Fresh items that are on disk by now and had been placed in memory."""
        lanes = self._lanes
        for item in items:
            lane = lanes.get(item.key)
            if lane is None:
                lane = lanes[item.key] = Lane(item.key)
            lane.items.append(item)
            if not lane.waiting and not lane.given and not lane.held:
                lane.waiting = True
                self._line.append(lane)

    def withdraw(self, item: Item) -> None:
        """A fresh item that was placed but could not be written."""
        lane = self._lanes[item.key]
        self._fresh -= item.weight
        lane.fresh_weight -= item.weight
        self._settle(lane)

    def hold(self, key: str) -> None:
        """Let a key give nothing until `let_go` was called as often as this; what comes meanwhile queues up behind."""
        lane = self._lane(key)
        lane.held += 1
        if lane.waiting:
            lane.waiting = False
            self._line.remove(lane)

    def let_go(self, key: str) -> None:
        """Undo one `hold`."""
        lane = self._lanes[key]
        lane.held -= 1
        self._settle(lane)

    def find(self, key: str, item_id: int) -> Item | None:
        """A fresh item that is in memory and not out."""
        lane = self._lanes.get(key)
        return next((item for item in lane.items if item.id == item_id and item.fresh), None) if lane else None

    def replace(self, item: Item, changed: Item) -> None:
        """Put an item that `find` gave under another payload."""
        lane = self._lanes[item.key]
        lane.items[lane.items.index(item)] = changed
        self._fresh += changed.weight - item.weight
        lane.fresh_weight += changed.weight - item.weight

    def stored(self, keys: Iterable[str]) -> None:
        """Items of these keys reached the backlog: they may be read now."""
        for key in keys:
            lane = self._lanes[key]
            lane.unread = True
            self._settle(lane)

    def take(self, limit: int, most_bytes: int, each: int | None = None, *, ways: int = 1) -> list[Item]:
        """Up to `limit` items in turn; a lane gives nothing more until all that it gave have come back.

        The last one may go beyond `most_bytes`, so that an item of any size leaves. Where others take beside this one, so
        many as `ways` in all, it takes more of fewer lanes, and leaves lanes to them.
        """
        taken: list[Item] = []
        share = each or max(1, limit * ways // max(1, len(self._line)))
        size = 0
        while self._line and len(taken) < limit and size < most_bytes:
            lane = self._line.popleft()
            lane.waiting = False
            while lane.items and lane.given < share and len(taken) < limit and size < most_bytes:
                item = lane.items.popleft()
                lane.given += 1
                size += len(item.payload)
                taken.append(item)
        return taken

    def finish(self, items: Iterable[Item]) -> None:
        """Items that were taken have left for good."""
        lanes, fresh = self._lanes, 0
        touched: dict[str, Lane] = {}
        for item in items:
            key = item.key
            lane = touched.get(key)
            if lane is None:
                lane = touched[key] = lanes[key]
            lane.given -= 1
            weight = len(item.payload) + OVERHEAD
            if item.fresh:
                fresh += weight
                lane.fresh_weight -= weight
            else:
                self._loaded -= weight
                lane.from_backlog -= 1
                self._catch_up(lane)
        self._fresh -= fresh
        for lane in touched.values():
            # a lane that is empty, in step and likely to be used again is left as it is
            if lane.items or lane.behind or len(lanes) > IDLE_LANES:
                self._settle(lane)

    def put_back(self, items: Iterable[Item]) -> None:
        """Items that were taken will be given out again, before any younger one of their keys."""
        touched: dict[str, Lane] = {}
        for item in sorted(items, key=lambda i: i.id, reverse=True):
            lane = touched.setdefault(item.key, self._lanes[item.key])
            lane.given -= 1
            lane.items.appendleft(item)
        for lane in touched.values():
            self._settle(lane)

    def to_load(self, most: int) -> list[tuple[str, int]]:
        """Lanes whose backlog should be read next, as (key, id after which), while there is room for it.

        A first read is made however little memory there is.
        """
        wanted: list[tuple[str, int]] = []
        while self._hungry and len(wanted) < most and (not self._loaded or self._loaded < self._half):
            lane = self._hungry.popleft()
            lane.hungry, lane.unread, lane.loading = False, False, True
            wanted.append((lane.key, lane.last_read))
        return wanted

    def loaded(self, key: str, items: list[Item], last_read: int, *, more: bool) -> None:
        """What was read of a lane's backlog up to the id `last_read`; `more` when the disk holds more of it."""
        lane = self._lanes[key]
        lane.loading = False
        lane.unread = lane.unread or more
        lane.last_read = max(lane.last_read, last_read)
        lane.items.extend(items)
        self._loaded += sum(item.weight for item in items)
        lane.from_backlog += len(items)
        self._catch_up(lane)
        self._settle(lane)

    def _lane(self, key: str) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(key)
        return lane

    def _catch_up(self, lane: Lane) -> None:
        # only when the last one has left: after a restart all fresh items are taken for older than all of the backlog
        if not lane.from_backlog and not lane.unread and not lane.loading and lane.written <= lane.last_read:
            lane.behind = False

    def _settle(self, lane: Lane) -> None:
        if lane.items:
            if not lane.given and not lane.waiting and not lane.held:
                lane.waiting = True
                self._line.append(lane)
        elif lane.behind:
            if lane.unread and not lane.loading and not lane.hungry:
                lane.hungry = True
                self._hungry.append(lane)
        elif not lane.given and not lane.fresh_weight and not lane.held and len(self._lanes) > IDLE_LANES:
            self._lanes.pop(lane.key, None)
