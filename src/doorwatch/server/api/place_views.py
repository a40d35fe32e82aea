"""Doors as the API tells them: what the store keeps of them, read in one snapshot of the database."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from doorwatch.domain.policy import Policy, policy_to_mapping
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import Micros
from doorwatch.server.api import place_shapes
from doorwatch.server.api.views import CONNECTED, Names, counts_since, iso
from doorwatch.store import cameras, configuration, doors, sites, tenants
from doorwatch.store.doors import Door
from doorwatch.store.mapping import mappable_doors
from doorwatch.store.summaries import DoorCounts
from doorwatch.store.tenants import Pacs, Site


def policy_shape(policy: Policy) -> place_shapes.PolicyShape:
    """A policy in seconds."""
    return place_shapes.PolicyShape(**policy_to_mapping(policy))


def scene_shape(scene: Scene, door_id: str) -> place_shapes.SceneShape:
    """A scene as JSON."""
    return place_shapes.SceneShape(**scene.to_mapping() | {"door": door_id, "door_id": door_id})


@dataclass(frozen=True, slots=True)
class DoorChoice:
    """Which doors somebody asks for: those with all words of a text in name, id or cameras, of a site, the first few."""

    text: str = ""
    site_id: str | None = None
    most: int | None = None
    cameras: Collection[str] | None = None
    """Seen by one of these; None: whatever sees them. Other cameras find nothing, too."""


def door_shape(conn: Connection, account: str, now: Micros, door_id: str) -> place_shapes.DoorShape:
    """One door; raises UnknownError."""
    doors.must_exist(conn, account, door_id)
    return door_shapes(conn, account, now, {door_id})[0]


def chosen_doors(conn: Connection, account: str, now: Micros, choice: DoorChoice) -> list[place_shapes.DoorShape]:
    """The doors of a choice, by name: all that is counted is counted of these alone. Raises UnknownError for a site."""
    if choice == DoorChoice(most=choice.most):
        only = None if choice.most is None else [one.door_id for one in mappable_doors(conn, account, choice.most)]
        return door_shapes(conn, account, now, only)
    mapped = configuration.current_mappings(conn, account, now)
    places = sites.read(conn, account, now)
    site = None if choice.site_id is None else places.chosen(choice.site_id)
    names = cameras.names(conn, account)
    words = choice.text.lower().split()
    found: list[str] = []
    for door in mappable_doors(conn, account):
        seen_by = mapped.get(door.door_id, ())
        if choice.cameras is not None:
            seen_by = tuple(one for one in seen_by if one in choice.cameras)
            if not seen_by:
                continue
        if site is not None and places.of_door(door.door_id) != site:
            continue
        told = " ".join((door.name, door.device_id, *(names.get(one, one) for one in seen_by))).lower()
        if all(word in told for word in words):
            found.append(door.door_id)
            if len(found) == choice.most:
                break
    return door_shapes(conn, account, now, found)


def door_outlines(
    conn: Connection, account: str, now: Micros, shared: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """All doors by name as `DoorOutline` has them: what lists to choose from need, written straight from the rows.

    With `shared` only the doors that one of these cameras sees, without the other cameras.
    """
    mapped = configuration.current_mappings(conn, account, now)
    if shared is not None:
        seen = {door_id: tuple(one for one in seen_by if one in shared) for door_id, seen_by in mapped.items()}
        mapped = {door_id: seen_by for door_id, seen_by in seen.items() if seen_by}
    places = sites.read(conn, account, now)
    return [
        {
            "door_id": door.door_id,
            "name": door.name,
            "stale": door.stale,
            "site_id": places.of_door(door.door_id).site_id,
            "camera_ids": mapped.get(door.door_id, ()),
        }
        for door in mappable_doors(conn, account)
        if shared is None or door.door_id in mapped
    ]


def door_shapes(
    conn: Connection, account: str, now: Micros, only: Collection[str] | None = None
) -> list[place_shapes.DoorShape]:
    """The account's doors, or those of some ids, by name."""
    found = doors.list_doors(conn, account, only)
    places = sites.read(conn, account, now)
    counts = counts_since(conn, account, places, now, only=only)
    mapped = configuration.current_mappings(conn, account, now)
    policies = configuration.current_policies(conn, account, now)
    systems = {system.pacs_id: _pacs(system, now) for system in tenants.list_pacs(conn, account)}
    names = Names.read(conn, account)
    usual = policy_shape(Policy())  # of nearly all doors
    return [
        _door(
            door,
            names.of_cameras(mapped.get(door.door_id, ())),
            policy_shape(policies[door.door_id]) if door.door_id in policies else usual,
            counts.get(door.door_id, DoorCounts()),
            systems[door.pacs_id],
            places.of_door(door.door_id),
        )
        for door in found
    ]


def _door(
    door: Door,
    seen_by: list[place_shapes.NamedCamera],
    policy: place_shapes.PolicyShape,
    counts: DoorCounts,
    system: place_shapes.PacsShape,
    site: Site,
) -> place_shapes.DoorShape:
    # Built without checks, here and below: the values are our own, and there are thousands of them.
    return place_shapes.DoorShape.model_construct(
        door_id=door.door_id,
        device_id=door.device_id,
        name=door.name,
        stale=door.stale,
        cameras=seen_by,
        policy=policy,
        last_event_at=iso(door.last_event_at),
        last_event_type=door.last_event_type,
        counts_today=place_shapes.DayCounts.model_construct(
            entries_in=counts.crossings_in,
            entries_out=counts.crossings_out,
            grants=counts.grants,
            incidents=counts.all_incidents,
        ),
        pacs=system,
        site_id=site.site_id,
        pacs_cameras=[camera.name for camera in door.suggested_cameras if camera.name],
    )


def _pacs(system: Pacs, now: Micros) -> place_shapes.PacsShape:
    return place_shapes.PacsShape(
        id=system.pacs_id,
        name=system.name,
        connected=system.heard_at is not None and now - system.heard_at < CONNECTED,
        covered_until=iso(system.covered_until),
    )
