"""What is on disk of all that was recorded: how far it reaches, what it takes, what goes next, and for how long there is room."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import structlog
from sqlalchemy import Connection

from doorwatch.domain.filling import Shelf, days_until_full
from doorwatch.domain.recording import RecordingMode, RecordingPlan, plan_of
from doorwatch.domain.time import DAY, MINUTE, Clock, Micros
from doorwatch.server.patrol import Found, damage
from doorwatch.server.room import Disk, Room, disks
from doorwatch.server.waiting import within
from doorwatch.store import cameras, retention, stock
from doorwatch.store.engine.database import Database
from doorwatch.store.people import tokens
from doorwatch.store.retention import Keep, Next
from doorwatch.store.stock import Held, Stock

_log = structlog.get_logger(__name__)

_SHORTEST: Micros = 10 * MINUTE
"""Of recordings that are younger nobody knows yet how fast they grow."""

RESTED = 20
"""So many times as long as counting took, the figures stand: they are of an index with an entry for each segment."""

PATIENCE = 0.5
"""Seconds for which new figures are waited for where there are older ones."""


class Outlook(StrEnum):
    """When a disk's oldest recordings go for want of room."""

    NOW = "now"
    IN_DAYS = "in_days"
    NEVER = "never"
    """They reach their age before."""
    UNKNOWN = "unknown"
    """Nothing has been recorded there for long enough."""


@dataclass(frozen=True, slots=True)
class CameraStock:
    """One camera: how it is recorded, what there is of it, and what is wrong; `bytes_per_day` is None while unknown."""

    camera_id: str
    name: str
    plan: RecordingPlan
    blurred: bool
    removed: bool
    keep: Keep
    stock: Stock | None
    bytes_per_day: float | None
    held: Held
    damage: Found | None
    stopped: str | None


@dataclass(frozen=True, slots=True)
class DiskStock:
    """One analyzer's disk, what goes next of it, and when; `days` goes with IN_DAYS."""

    analyzer_id: str
    name: str
    at: Micros
    disk: Disk
    following: Next | None
    outlook: Outlook
    days: float | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of an account's recordings; `at` is when it was counted."""

    at: Micros
    cameras: list[CameraStock]
    disks: list[DiskStock]


class Stocktaking:
    """Counts what is recorded, and no more often than that may cost."""

    def __init__(self, db: Database, clock: Clock, room: Room) -> None:
        self._db = db
        self._clock = clock
        self._room = room
        self._counting: dict[str, asyncio.Task[None]] = {}
        self._counted: dict[str, tuple[float, dict[str, Stock]]] = {}

    async def take(self, account: str) -> Inventory:
        """What there is of the account's recordings; how much there is may be as old as counting it is dear.

        Who asks waits for the first count. Later ones are begun when somebody asks, and waited for only a moment.
        """
        until = self._counted.get(account, (0.0, {}))[0]
        if self._clock.monotonic() >= until:
            counting = self._counting.get(account) or self._begin(account)
            if account in self._counted:
                await within(self._clock, asyncio.shield(counting), PATIENCE)
            else:
                await asyncio.shield(counting)
        found = self._counted.get(account, (0.0, {}))[1]
        return await self._db.read(lambda conn: self._inventory(conn, account, found))

    def _begin(self, account: str) -> asyncio.Task[None]:
        counting = self._counting[account] = asyncio.create_task(self._count(account))
        counting.add_done_callback(lambda done: self._ended(account, done))
        return counting

    def _ended(self, account: str, counting: asyncio.Task[None]) -> None:
        self._counting.pop(account, None)
        # Whoever asked may have gone on with older figures, and not hear of it.
        if not counting.cancelled() and (error := counting.exception()) is not None:
            _log.warning("what is recorded was not counted: the page shows older figures", reason=str(error))

    async def _count(self, account: str) -> None:
        begun = self._clock.monotonic()
        found = await self._db.read(lambda conn: stock.stocks(conn, account, self._clock.now()))
        ended = self._clock.monotonic()
        self._counted[account] = (ended + RESTED * (ended - begun), found)

    def _inventory(self, conn: Connection, account: str, found: Mapping[str, Stock]) -> Inventory:
        now = self._clock.now()
        on_disk = disks(conn, account, now)
        stopped = {camera_id: why for _, disk in on_disk.values() for camera_id, why in disk.stopped.items()}
        held, damaged, keep_of = (
            stock.held(conn, account, now),
            damage(conn, account, now),
            self._room.keep_of(conn, account),
        )
        present, names = cameras.present_ids(conn, account), cameras.names(conn, account)
        settings = cameras.all_settings(conn, account)
        told = [
            CameraStock(
                camera_id,
                names[camera_id],
                plan_of(settings[camera_id]),
                settings[camera_id].get("blur_people", False) is not False,
                camera_id not in present,
                keep_of(camera_id),
                found.get(camera_id),
                _rate(found.get(camera_id), now),
                held.get(camera_id, Held(0, 0)),
                damaged.get(camera_id),
                stopped.get(camera_id),
            )
            for camera_id in sorted(names, key=lambda one: (names[one].casefold(), one))
            if camera_id in present or camera_id in found
        ]
        by_id = {one.camera_id: one for one in told}
        called = {token.token_id: token.name for token in tokens.list_tokens(conn, account, with_revoked=True)}
        return Inventory(
            now,
            told,
            [
                DiskStock(
                    analyzer,
                    called.get(analyzer, analyzer),
                    at,
                    disk,
                    retention.next_to_go(conn, account, disk.cameras, now),
                    *_outlook(disk, [by_id[one] for one in disk.cameras if one in by_id], now),
                )
                for analyzer, (at, disk) in sorted(on_disk.items())
            ],
        )


def _rate(found: Stock | None, now: Micros) -> float | None:
    """Bytes a day at which a camera's recordings grew lately; None while nobody knows."""
    if found is None or now - found.oldest < _SHORTEST:
        return None
    return found.bytes_lately * DAY / min(stock.LATELY, now - found.oldest)


def _outlook(disk: Disk, there: list[CameraStock], now: Micros) -> tuple[Outlook, float | None]:
    """When the oldest recordings of a disk go for want of room."""
    if disk.free < disk.floor:
        return Outlook.NOW, None
    shelves = [
        _shelf(one, one.stock, one.bytes_per_day, now) for one in there if one.stock and one.bytes_per_day is not None
    ]
    if not shelves:
        return Outlook.UNKNOWN, None
    days = days_until_full(disk.free - disk.floor, [growth for one in shelves for growth in one.growths()])
    return (Outlook.NEVER, None) if days is None else (Outlook.IN_DAYS, days)


def _shelf(one: CameraStock, found: Stock, rate: float, now: Micros) -> Shelf:
    ordinary, eventful = one.keep.ordinary / DAY, one.keep.eventful / DAY
    by_event = one.plan.mode is RecordingMode.EVENT
    share, first = 1.0 if by_event else 0.0, found.eventful_oldest
    if first is not None and rate > 0 and (span := (now - first) / DAY - ordinary) > 0:
        share = min(1.0, found.eventful_bytes / (rate * span))
    return Shelf(
        rate=0.0 if one.removed or one.plan.mode is RecordingMode.OFF else rate,
        age=(now - (found.oldest if found.ordinary_oldest is None else found.ordinary_oldest)) / DAY,
        days=ordinary,
        event_age=(now - (found.oldest if first is None else first)) / DAY,
        event_days=eventful,
        event_share=share,
        room=None if one.keep.most_bytes is None else one.keep.most_bytes - found.bytes,
    )
