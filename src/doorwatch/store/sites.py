"""Which site doors and cameras belong to, and in which zone their times are told.

A door belongs to the site of its access control system, and a camera to the site of the doors that it sees, until
somebody says otherwise. An account with one site asks for none of this.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select

from doorwatch.domain.time import Micros
from doorwatch.store import cameras, configuration, tenants
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.sql import upsert
from doorwatch.store.schema.places import doors, pacs, site_members, sites
from doorwatch.store.tenants import Site

_NOWHERE = Site("", "", "UTC")
"""What stands for the site of an account that has none."""


@dataclass(frozen=True, slots=True)
class Places:
    """The sites of an account, the one that stands for what belongs to none, and what belongs to which."""

    sites: Mapping[str, Site]
    default: Site
    doors: Mapping[str, str] = field(default_factory=dict)
    cameras: Mapping[str, str] = field(default_factory=dict)

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return len(self.sites) > 1

    def of_door(self, door_id: str | None) -> Site:
        """The site of a door."""
        return self.sites.get(self.doors.get(door_id or "", ""), self.default)

    def of_camera(self, camera_id: str) -> Site:
        """The site of a camera."""
        return self.sites.get(self.cameras.get(camera_id, ""), self.default)

    def of_all(self, door_ids: Iterable[str], camera_ids: Iterable[str]) -> Site | None:
        """The one site of all of these; None when they are of several, or there is nothing."""
        found = {self.of_door(one).site_id for one in door_ids} | {self.of_camera(one).site_id for one in camera_ids}
        return self.sites[found.pop()] if len(found) == 1 else None

    def zones(self) -> list[str]:
        """The zones of all sites, each once."""
        return sorted({site.time_zone for site in (self.default, *self.sites.values())})

    def chosen(self, site_id: str | None) -> Site:
        """The site of this id, the default one for None. Raises UnknownError."""
        if site_id is None:
            return self.default
        if site_id not in self.sites:
            raise UnknownError("there is no such site; it may have been removed: reload the page")
        return self.sites[site_id]


def read(conn: Connection, account: str, now: Micros) -> Places:
    """The account's places as they are now."""
    known = {site.site_id: site for site in tenants.list_sites(conn, account)}
    default = _default(conn, account, known)
    if len(known) < 2:
        return Places(known, default)
    of_system = {row.pacs_id: row.site_id for row in conn.execute(select(pacs).where(pacs.c.account_id == account))}
    said: dict[str, dict[str, str]] = {"door": {}, "camera": {}}
    for row in conn.execute(select(site_members).where(site_members.c.account_id == account)):
        said[row.kind][row.member] = row.site_id
    rows = conn.execute(select(doors.c.door_id, doors.c.pacs_id).where(doors.c.account_id == account))
    of_door = {row.door_id: said["door"].get(row.door_id, of_system[row.pacs_id]) for row in rows}
    return Places(known, default, of_door, _of_cameras(conn, account, now, of_door) | said["camera"])


def default_site(conn: Connection, account: str) -> Site:
    """The site of the account's first access control system: what is told of no place is told in its zone."""
    return _default(conn, account, {site.site_id: site for site in tenants.list_sites(conn, account)})


def assign(
    conn: Connection, account: str, site_id: str, *, door_ids: Collection[str] = (), camera_ids: Collection[str] = ()
) -> None:
    """Let doors and cameras belong to a site from now on. Raises UnknownError."""
    _must_exist(conn, account, site_id)
    known = set(conn.execute(select(doors.c.door_id).where(doors.c.account_id == account)).scalars())
    for what, unknown in (
        ("door", set(door_ids) - known),
        ("camera", set(camera_ids) - cameras.present(conn, account, camera_ids)),
    ):
        if unknown:
            raise UnknownError(f"there is no {what} {min(unknown)!r}; it may have been taken away: reload the page")
    members = [("door", one) for one in set(door_ids)] + [("camera", one) for one in set(camera_ids)]
    rows = [{"account_id": account, "kind": kind, "member": one, "site_id": site_id} for kind, one in sorted(members)]
    upsert(conn, site_members, rows)


def remove(conn: Connection, account: str, site_id: str, now: Micros) -> Site:
    """Take away a site to which nothing belongs. Raises UnknownError, ConflictError."""
    _must_exist(conn, account, site_id)
    places = read(conn, account, now)
    if not places.several:
        raise ConflictError("an account has one site at least: rename this one instead")
    if conn.execute(select(pacs.c.pacs_id).where(pacs.c.account_id == account, pacs.c.site_id == site_id)).first():
        raise ConflictError("an access control system belongs to this site, so it stays")
    there = sum(1 for one in places.doors.values() if one == site_id)
    there += sum(1 for one in places.cameras.values() if one == site_id)
    if there:
        raise ConflictError(f"{there} doors and cameras belong to this site: move them to another one first")
    conn.execute(delete(site_members).where(site_members.c.account_id == account, site_members.c.site_id == site_id))
    conn.execute(delete(sites).where(sites.c.account_id == account, sites.c.site_id == site_id))
    return places.sites[site_id]


def _default(conn: Connection, account: str, known: Mapping[str, Site]) -> Site:
    systems = tenants.list_pacs(conn, account) if len(known) > 1 else []
    return known[systems[0].site_id] if systems else next(iter(known.values()), _NOWHERE)


def _of_cameras(conn: Connection, account: str, now: Micros, of_door: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for door_id, seen_by in configuration.current_mappings(conn, account, now).items():
        for camera_id in seen_by:
            found.setdefault(camera_id, set()).add(of_door[door_id])
    return {camera_id: next(iter(there)) for camera_id, there in found.items() if len(there) == 1}


def _must_exist(conn: Connection, account: str, site_id: str) -> None:
    if site_id not in {site.site_id for site in tenants.list_sites(conn, account)}:
        raise UnknownError("there is no such site; it may have been removed: reload the page")
