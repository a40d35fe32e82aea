"""Incidents and moments as the API tells them: what the store keeps of them, read in one snapshot of the database."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from doorwatch.domain.appearance import Appearance
from doorwatch.domain.incident import Incident
from doorwatch.domain.policy import Policy
from doorwatch.domain.time import SECOND, to_iso
from doorwatch.server.api import happening_shapes, place_shapes
from doorwatch.server.api.hold_shapes import hold_shape
from doorwatch.server.api.views import Names, iso
from doorwatch.store import (
    access_events,
    configuration,
    crossings,
    doors,
    evidence,
    holds,
    incidents,
    review_figures,
    reviewing,
)
from doorwatch.store.evidence import Evidence
from doorwatch.store.incidents import StoredIncident
from doorwatch.store.moments import Moment
from doorwatch.store.summaries import count_sensed

BESIDE_SENSOR = 3 * SECOND
"""An entry sensor and a camera speak of the same person within this time."""


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
        **_appearance(crossing.appearance),
    )


def _appearance(seen: Appearance) -> dict[str, Any]:
    seconds = None if seen.dwell is None else round(seen.dwell / SECOND, 1)
    return {"upper": seen.upper, "lower": seen.lower, "dwell_s": seconds, "carried": sorted(seen.carried)}


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
        **_appearance(moment.appearance),
        picture_url=_moment_picture(moment),
    )


def _moment_picture(moment: Moment) -> str | None:
    if not moment.picture:
        return None
    if moment.incident_id is not None:
        return f"/api/incidents/{moment.incident_id}/picture.jpg"
    return f"/api/moments/picture.jpg?moment_id={quote(moment.moment_id, safe='')}"
