"""From what the store keeps to what the API says: one function a resource, all on one snapshot of the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from doorwatch.domain.incident import Incident
from doorwatch.domain.policy import Policy, policy_to_mapping
from doorwatch.domain.scene import Scene
from doorwatch.domain.time import SECOND, Micros, from_seconds, to_iso
from doorwatch.server.api import happening_shapes, place_shapes
from doorwatch.server.api.hold_shapes import hold_shape
from doorwatch.store import (
    access_events,
    cameras,
    configuration,
    crossings,
    doors,
    evidence,
    holds,
    incidents,
    review_figures,
    reviewing,
    sites,
    tenants,
    walks,
)
from doorwatch.store.cameras import Camera
from doorwatch.store.doors import Door
from doorwatch.store.evidence import Evidence
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.mapping import mappable_doors
from doorwatch.store.moments import Moment
from doorwatch.store.sites import Places, default_site
from doorwatch.store.summaries import DoorCounts, count_by_door, count_sensed
from doorwatch.store.tenants import Pacs, Site

BESIDE_SENSOR = 3 * SECOND
"""An entry sensor and a camera speak of the same person within this time."""

CONNECTED = 30 * SECOND
"""A PACS counts as connected while its gateway said something this recently."""


def iso(at: Micros | None) -> str | None:
    """A time as the API says it."""
    return None if at is None else to_iso(at)


def masked(url: str) -> str:
    """A URL without its password."""
    try:
        parts = urlsplit(url)
        if parts.password is None:
            return url
    except ValueError:
        return "(an address that can't be read)"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))


def unmasked(url: str, former: str) -> str:
    """The URL as it is to be stored: one that came back masked keeps the password it had."""
    if ":***@" not in url:
        return url
    try:
        password = urlsplit(former).password
    except ValueError:
        return url
    return url if password is None else url.replace(":***@", f":{password}@", 1)


def site_of(conn: Connection, account: str) -> Site:
    """The site whose zone the account's times are shown in."""
    return default_site(conn, account)


def counts_since(
    conn: Connection, account: str, places: Places, now: Micros, days_ago: int = 0
) -> dict[str, DoorCounts]:
    """What happened at each door since the midnight of its own site, some days ago."""
    found: dict[str, DoorCounts] = {}
    for zone in places.zones():
        counts = count_by_door(conn, account, midnight(now, zone, days_ago), now + SECOND)
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


def policy_shape(policy: Policy) -> place_shapes.PolicyShape:
    """A policy in seconds."""
    return place_shapes.PolicyShape(**policy_to_mapping(policy))


def scene_shape(scene: Scene, door_id: str) -> place_shapes.SceneShape:
    """A scene as JSON."""
    return place_shapes.SceneShape(**scene.to_mapping() | {"door": door_id, "door_id": door_id})


# Cameras


def camera_shapes(
    conn: Connection, account: str, now: Micros, only: str | None = None
) -> list[place_shapes.CameraShape]:
    """The account's cameras, or one of them; raises UnknownError for one that is not there."""
    found = cameras.list_cameras(conn, account) if only is None else [cameras.get_camera(conn, account, only)]
    mapped = configuration.current_mappings(conn, account, now)
    scenes = configuration.current_scenes(conn, account, now)
    names = {door.door_id: door.name for door in mappable_doors(conn, account)}
    wanted = {camera.camera_id for camera in found}
    heard = doors.last_events(conn, account, [door for door, seen_by in mapped.items() if wanted & set(seen_by)])
    people = walks.newest_walks(conn, account)
    seen: dict[str, list[place_shapes.NamedDoor]] = defaultdict(list)
    for door_id, seen_by in mapped.items():
        for camera_id in seen_by:
            seen[camera_id].append(place_shapes.NamedDoor.model_construct(door_id=door_id, name=names[door_id]))
    return [
        _camera(
            camera,
            people.get(camera.camera_id),
            seen[camera.camera_id],
            max(
                ((*heard[one.door_id], one.name) for one in seen[camera.camera_id] if one.door_id in heard),
                default=None,
            ),
            [scene_shape(scene, door_id) for door_id, scene in sorted(scenes.get(camera.camera_id, {}).items())],
        )
        for camera in found
    ]


def _camera(
    camera: Camera,
    people_at: Micros | None,
    seen: list[place_shapes.NamedDoor],
    last_event: tuple[Micros, str, str] | None,
    scenes: list[place_shapes.SceneShape],
) -> place_shapes.CameraShape:
    status = camera.status
    message = status.message or ("waiting for the analyzer" if status.at is None else "")
    return place_shapes.CameraShape(
        camera_id=camera.camera_id,
        name=camera.name,
        url=masked(camera.url),
        main_url=None if camera.main_url is None else masked(camera.main_url),
        enabled=camera.enabled,
        status=place_shapes.CameraStatusShape(code=status.code, message=message, at=iso(status.at)),
        width=status.width,
        height=status.height,
        fps=status.fps,
        latency_ms=status.latency_ms,
        skew_ms=status.skew_ms,
        detector=status.detector,
        blur_people=camera.settings.get("blur_people", False) is not False,
        groups=list(camera.groups),
        labels=list(camera.labels),
        last_event_at=iso(last_event[0]) if last_event else None,
        last_event_type=last_event[1] if last_event else None,
        last_event_door=last_event[2] if last_event else None,
        people_at=iso(people_at),
        doors=seen,
        scenes=scenes,
    )


# Doors


def door_shapes(conn: Connection, account: str, now: Micros, only: str | None = None) -> list[place_shapes.DoorShape]:
    """The account's doors, or one of them; raises UnknownError for one that is not there."""
    found = doors.list_doors(conn, account) if only is None else [doors.get_door(conn, account, only)]
    places = sites.read(conn, account, now)
    counts = counts_since(conn, account, places, now)
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


# Incidents


def incident_shapes(
    conn: Connection, account: str, found: Sequence[StoredIncident]
) -> list[happening_shapes.IncidentShape]:
    """Incidents as they are listed."""
    names = Names.read(conn, account)
    proofs = evidence.of_incidents(conn, account, [stored.incident_id for stored in found])
    return [
        happening_shapes.IncidentShape(**_incident(stored, names, proofs.get(stored.incident_id, {})))
        for stored in found
    ]


def incident_detail(conn: Connection, account: str, incident_id: str) -> happening_shapes.IncidentDetail:
    """An incident with all that it rests on; raises UnknownError."""
    stored = incidents.get(conn, account, incident_id)
    proofs = evidence.of_incidents(conn, account, [incident_id])
    pacs = doors.get_door(conn, account, stored.incident.door).pacs_id
    return happening_shapes.IncidentDetail(
        **_incident(stored, Names.read(conn, account), proofs.get(incident_id, {})),
        crossings=[_crossing(one) for one in crossings.get_many(conn, account, stored.incident.crossing_ids)],
        grants_used=[
            happening_shapes.UsedGrant(
                event_id=one.event.event_id,
                at=to_iso(one.event.at),
                actor_name=one.event.actor_name,
                event_type=one.event.event_type,
            )
            for one in access_events.get_many(conn, account, pacs, stored.incident.grant_ids)
        ],
        history=[_revision(revision) for revision in incidents.history(conn, account, incident_id)],
        superseded_by=stored.superseded_by,
        merged=review_figures.merged_into(conn, account, incident_id),
        comments=[comment_shape(one) for one in reviewing.comments(conn, account, incident_id)],
        holds=[hold_shape(hold) for hold in holds.of_incidents(conn, account, [incident_id]).get(incident_id, ())],
        sensed=_sensed(conn, account, stored.incident),
    )


def comment_shape(said: reviewing.Comment) -> happening_shapes.CommentShape:
    """What somebody said."""
    return happening_shapes.CommentShape(
        comment_id=said.comment_id, said_by=said.said_by, said_at=to_iso(said.said_at), text=said.text
    )


def _sensed(conn: Connection, account: str, incident: Incident) -> int | None:
    """What the door's own sensor reported around an incident, on the clock of the access control system."""
    policy = configuration.current_policies(conn, account, incident.start).get(incident.door, Policy())
    start, end = incident.start + policy.clock_offset, incident.end + policy.clock_offset
    return count_sensed(conn, account, incident.door, start - BESIDE_SENSOR, end + BESIDE_SENSOR) or None


def _incident(stored: StoredIncident, names: Names, proofs: Mapping[str, Evidence]) -> dict[str, Any]:
    incident = stored.incident
    picture, clip = proofs.get("picture.jpg"), proofs.get("clip.mp4")
    address = f"/api/incidents/{stored.incident_id}"
    return {
        "incident_id": stored.incident_id,
        "door": place_shapes.NamedDoor(door_id=incident.door, name=stored.door_name),
        "kind": incident.kind,
        "state": incident.state,
        "review": stored.review,
        "start": to_iso(incident.start),
        "end": to_iso(incident.end),
        "people": incident.people,
        "grants": incident.grants,
        "excess": incident.excess,
        "possible": incident.possible,
        "coverage": incident.coverage,
        "reason": incident.reason,
        "revision": stored.revision,
        "labels": list(stored.labels),
        "cameras": names.of_cameras(stored.camera_ids),
        # The revision makes the address new when the evidence is, so that no browser shows an outdated picture.
        "picture_url": f"{address}/picture.jpg?r={picture.revision}" if picture else None,
        "picture_camera_id": picture.camera_id if picture else None,
        "clip_camera_id": clip.camera_id if clip else None,
        "clip_url": f"{address}/clip.mp4?r={clip.revision}" if clip else None,
        "clip_start_us": clip.start if clip else None,
        "crossing_to_incident_ms": None if stored.delay_us is None else stored.delay_us / 1000,
        "note": stored.note,
        "reviewed_by": stored.reviewed_by,
        "reviewed_at": iso(stored.reviewed_at),
        "dismissal": stored.dismissal,
        "assigned_to": stored.assigned_to,
        "said": stored.said,
    }


def _crossing(stored: crossings.StoredCrossing) -> happening_shapes.IncidentCrossing:
    crossing = stored.crossing
    return happening_shapes.IncidentCrossing(
        crossing_id=crossing.crossing_id,
        camera_id=crossing.camera,
        track=crossing.track,
        at=to_iso(crossing.at),
        direction=crossing.direction.value,
        confidence=crossing.confidence,
        outcome=stored.outcome,
        grant_id=stored.grant_id,
        trail=[[step.at, step.column, step.row] for step in crossing.trail],
    )


def _revision(revision: incidents.Revision) -> happening_shapes.IncidentRevision:
    return happening_shapes.IncidentRevision(
        revision=revision.revision,
        at=to_iso(revision.at),
        state=revision.state,
        kind=revision.kind,
        people=revision.people,
        grants=revision.grants,
        excess=revision.excess,
        reason=revision.reason,
    )


# Moments


def moment_shape(moment: Moment, names: Names) -> happening_shapes.MomentShape:
    """A moment as the ticker and search show it."""
    return happening_shapes.MomentShape(
        moment_id=moment.moment_id,
        kind=moment.kind.value,
        at=to_iso(moment.at),
        arrived_at=to_iso(moment.arrived_at),
        door=None
        if moment.door_id is None
        else place_shapes.NamedDoor(door_id=moment.door_id, name=moment.door_name or ""),
        cameras=names.of_cameras(moment.camera_ids),
        labels=list(moment.labels),
        title=moment.title,
        detail=moment.detail or "",
        actor_name=moment.actor_name,
        incident_id=moment.incident_id,
        crossing_id=moment.crossing_id,
        event_type=moment.event_type,
        direction=moment.direction,
        outcome=moment.outcome,
        track=moment.track,
        review=moment.review,
        state=moment.state,
        people=moment.people,
        grants=moment.grants,
        excess=moment.excess,
        picture_url=_moment_picture(moment),
    )


def _moment_picture(moment: Moment) -> str | None:
    if not moment.picture:
        return None
    if moment.incident_id is not None:
        return f"/api/incidents/{moment.incident_id}/picture.jpg"
    return f"/api/moments/picture.jpg?moment_id={quote(moment.moment_id, safe='')}"
