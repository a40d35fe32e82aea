"""Room for recordings: how long each camera's are kept, how much they take, and what goes when a disk fills.

Analyzers say how full their disks are; only the server knows what is held, so it decides what goes. An analyzer whose
disk is filled by something else stops recording by itself, and says so.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from sqlalchemy import Connection

from doorwatch.domain.recording import plan_of
from doorwatch.domain.time import DAY, MINUTE, Clock, Micros
from doorwatch.server.settings import Settings
from doorwatch.store import cameras, retention, segments
from doorwatch.store import settings as stored
from doorwatch.store.engine.database import Database
from doorwatch.store.retention import Keep, KeepOf

SETTING = "recordings.disks"
HEARD = 5 * MINUTE
"""An analyzer that has said nothing for so long is not counted any more."""

_SPARE = 10
"""A tenth of the floor is made free beyond it, so that it is not fallen below again with the next segment."""

_Bytes = Annotated[int, msgspec.Meta(ge=0, le=1 << 60)]
_Text = Annotated[str, msgspec.Meta(max_length=500)]


class Disk(msgspec.Struct, frozen=True):
    """What an analyzer says of the disk with its recordings; `floor` bytes are to stay free.

    `cameras` have recordings there, `stopped` tells of each camera why it is not recorded at the moment.
    """

    total: _Bytes
    free: _Bytes
    floor: _Bytes
    cameras: Annotated[list[_Text], msgspec.Meta(max_length=10_000)] = []
    stopped: dict[_Text, _Text] = {}


class Room:
    """Keeps recordings within their ages and sizes, and disks from filling up."""

    def __init__(self, db: Database, clock: Clock, settings: Settings) -> None:
        self._db = db
        self._clock = clock
        self._usual = Keep(int(settings.recording_days * DAY), int(settings.event_recording_days * DAY))

    @property
    def longest(self) -> Micros:
        """How long the installation keeps video of events: pictures of them are kept as long."""
        return max(self._usual.ordinary, self._usual.eventful)

    def remove_old(self, conn: Connection, account: str, now: Micros) -> int:
        """What was kept long enough turns into garbage, a piece at a time; how many segments."""
        return retention.remove_old(conn, account, self.keep_of(conn, account), now)

    async def limit(self, account: str) -> None:
        """Cameras whose recordings take more than they may lose their oldest."""
        over = await self._db.read(lambda conn: retention.oversized(conn, account, self.keep_of(conn, account)))
        now = self._clock.now()

        def shorten(conn: Connection) -> None:
            for camera_id, wanted in over.items():
                retention.make_room(conn, account, [camera_id], wanted, now)

        if over:
            await self._db.write(shorten)

    async def told(self, account: str, analyzer: str, disk: Disk) -> int:
        """An analyzer said how full its disk is: what has to go turns into garbage; the bytes of that."""
        now = self._clock.now()

        def keep(conn: Connection) -> int:
            known = disks(conn, account, now)
            known[analyzer] = (now, disk)
            rows = {name: {"at": at, **msgspec.to_builtins(one)} for name, (at, one) in known.items()}
            stored.set_setting(conn, account, SETTING, rows, now)
            if disk.free >= disk.floor:
                return 0
            wanted = disk.floor + disk.floor // _SPARE - disk.free
            wanted -= segments.garbage_bytes(conn, account, disk.cameras)
            return retention.make_room(conn, account, disk.cameras, wanted, now) if wanted > 0 else 0

        return await self._db.write(keep)

    def keep_of(self, conn: Connection, account: str) -> KeepOf:
        """How long each camera's recordings are kept, and how much they may take."""
        plans = {camera_id: plan_of(told) for camera_id, told in cameras.all_settings(conn, account).items()}

        def keep(camera_id: str) -> Keep:
            plan, usual = plans[camera_id], self._usual
            ordinary = usual.ordinary if plan.days is None else int(plan.days * DAY)
            eventful = usual.eventful if plan.event_days is None else int(plan.event_days * DAY)
            most = None if plan.gigabytes is None else int(plan.gigabytes * 1_000_000_000)
            return Keep(ordinary, max(ordinary, eventful), most)

        return keep


def disks(conn: Connection, account: str, now: Micros) -> dict[str, tuple[Micros, Disk]]:
    """What the account's analyzers said of their disks lately, and when, by the id of their token."""
    told: Mapping[str, Mapping[str, Any]] = stored.get_setting(conn, account, SETTING, {})
    return {name: (row["at"], msgspec.convert(row, Disk)) for name, row in told.items() if now - row["at"] < HEARD}
