"""What all that the API tells has in common: times, zones, addresses without passwords, names of cameras."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.domain import camera_address
from doorwatch.domain.time import SECOND, Micros, from_seconds, to_iso
from doorwatch.server.api import place_shapes
from doorwatch.store import cameras
from doorwatch.store.sites import Places, default_site
from doorwatch.store.summaries import DoorCounts, count_by_door
from doorwatch.store.tenants import Site

CONNECTED = 30 * SECOND
"""A PACS counts as connected while its gateway said something this recently."""


def iso(at: Micros | None) -> str | None:
    """A time as the API says it."""
    return None if at is None else to_iso(at)


def masked(url: str) -> str:
    """A camera's address without its passwords."""
    try:
        urlsplit(url)
    except ValueError:
        return "(an address that can't be read)"
    return camera_address.masked(url)


def site_of(conn: Connection, account: str) -> Site:
    """The site whose zone the account's times are shown in."""
    return default_site(conn, account)


def counts_since(
    conn: Connection,
    account: str,
    places: Places,
    now: Micros,
    days_ago: int = 0,
    only: Collection[str] | None = None,
) -> dict[str, DoorCounts]:
    """What happened at each door, or those of some ids, since the midnight of its own site, some days ago."""
    found: dict[str, DoorCounts] = {}
    for zone in places.zones():
        counts = count_by_door(conn, account, midnight(now, zone, days_ago), now + SECOND, only)
        found |= {one: count for one, count in counts.items() if places.of_door(one).time_zone == zone}
    return found


def midnight(now: Micros, time_zone: str, days_ago: int = 0) -> Micros:
    """When the day of `now`, or one some days before, began in a zone."""
    zone = ZoneInfo(time_zone)
    today = datetime.fromtimestamp(now / SECOND, UTC).astimezone(zone).date()
    day = datetime.combine(today, datetime.min.time(), zone)
    day = day.fromordinal(today.toordinal() - days_ago).replace(tzinfo=zone)
    return from_seconds(day.timestamp())


@dataclass(frozen=True, slots=True)
class Names:
    """The names that moments and incidents are shown with."""

    cameras: Mapping[str, str]

    @classmethod
    def read(cls, conn: Connection, account: str) -> "Names":
        """All names of the account."""
        return cls(cameras.names(conn, account))

    def of_cameras(self, camera_ids: Iterable[str]) -> list[place_shapes.NamedCamera]:
        """Cameras by name; one that nobody knows any more is called by its id."""
        return [place_shapes.NamedCamera.model_construct(camera_id=c, name=self.cameras.get(c, c)) for c in camera_ids]
