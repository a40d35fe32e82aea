"""`/api/sites`: the places of an account, each with its time zone, and what belongs to which."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Owner, Parts, Viewer
from doorwatch.server.noting import note
from doorwatch.store import sites, tenants
from doorwatch.store.audit_trail.acts import Act
from doorwatch.store.sites import Places
from doorwatch.store.tenants import Site

router = APIRouter(tags=["sites"], responses=ERRORS)

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]
Zone = Annotated[str, Field(min_length=1, max_length=100, description="IANA name, such as Europe/Lisbon")]


class SiteDetail(shapes.Answer):
    """A place; `default` is the one in whose zone is told what belongs to no place."""

    site_id: str
    name: str
    time_zone: str
    default: bool
    door_ids: list[str]
    camera_ids: list[str]


class SiteInput(shapes.Request):
    """A place to add."""

    name: Name
    time_zone: Zone


class SiteChange(shapes.Request):
    """What to change of a place; what is left out stays."""

    name: Name | None = None
    time_zone: Zone | None = None


class SiteMembers(shapes.Request):
    """Doors and cameras that shall belong to a place."""

    door_ids: Annotated[list[shapes.Identifier], Field(max_length=10_000, default_factory=list)]
    camera_ids: Annotated[list[shapes.Identifier], Field(max_length=10_000, default_factory=list)]


@router.get("/api/sites")
async def list_sites(caller: Viewer, parts: Parts) -> list[SiteDetail]:
    """The places of the account by name, with what belongs to each; of an account with one, everything does."""
    now = parts.clock.now()
    places = await parts.db.read(lambda conn: sites.read(conn, caller.account, now))
    return [_detail(site, places) for site in places.sites.values()]


@router.post("/api/sites", status_code=201)
async def add_site(body: SiteInput, caller: Owner, parts: Parts) -> SiteDetail:
    """Add a place."""
    now = parts.clock.now()

    def add(conn: Connection) -> tuple[Site, Places]:
        site = tenants.create_site(conn, caller.account, body.name.strip(), body.time_zone)
        note(conn, caller, now, Act.SITE_ADD, site.name, {"time_zone": site.time_zone})
        return site, sites.read(conn, caller.account, now)

    return _detail(*await parts.db.write(add))


@router.patch("/api/sites/{site_id}")
async def change_site(site_id: shapes.PathId, body: SiteChange, caller: Owner, parts: Parts) -> SiteDetail:
    """Rename a place, or move it to another time zone: searches and reports of the past are told in it, too."""
    now = parts.clock.now()

    def change(conn: Connection) -> tuple[Site, Places]:
        former = sites.read(conn, caller.account, now).chosen(site_id)
        wanted = {"name": body.name and body.name.strip(), "time_zone": body.time_zone}
        site = replace(former, **{name: value for name, value in wanted.items() if value})
        tenants.update_site(conn, caller.account, site)
        detail = {
            "before": {"name": former.name, "time_zone": former.time_zone},
            "after": {"name": site.name, "time_zone": site.time_zone},
        }
        note(conn, caller, now, Act.SITE_CHANGE, site_id, detail)
        return site, sites.read(conn, caller.account, now)

    return _detail(*await parts.db.write(change))


@router.delete("/api/sites/{site_id}", status_code=204)
async def remove_site(site_id: shapes.PathId, caller: Owner, parts: Parts) -> None:
    """Take a place away to which nothing belongs."""
    now = parts.clock.now()

    def remove(conn: Connection) -> None:
        gone = sites.remove(conn, caller.account, site_id, now)
        note(conn, caller, now, Act.SITE_REMOVE, site_id, {"name": gone.name, "time_zone": gone.time_zone})

    await parts.db.write(remove)


@router.put("/api/sites/{site_id}/members")
async def assign_members(site_id: shapes.PathId, body: SiteMembers, caller: Manager, parts: Parts) -> SiteDetail:
    """Let doors and cameras belong to this place from now on."""
    now = parts.clock.now()

    def assign(conn: Connection) -> Places:
        sites.assign(conn, caller.account, site_id, door_ids=body.door_ids, camera_ids=body.camera_ids)
        note(conn, caller, now, Act.SITE_ASSIGN, site_id, body.model_dump())
        return sites.read(conn, caller.account, now)

    places = await parts.db.write(assign)
    return _detail(places.chosen(site_id), places)


def _detail(site: Site, places: Places) -> SiteDetail:
    return SiteDetail(
        site_id=site.site_id,
        name=site.name,
        time_zone=site.time_zone,
        default=site.site_id == places.default.site_id,
        door_ids=sorted(one for one, there in places.doors.items() if there == site.site_id),
        camera_ids=sorted(one for one, there in places.cameras.items() if there == site.site_id),
    )
