"""Incidents, their reviews and links, and moments as the API takes and gives them."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SecretStr

from doorwatch.domain.appearance import Carried, Colour
from doorwatch.domain.incident import CoverageState, CrossingOutcome, IncidentKind, IncidentState
from doorwatch.server.api.hold_shapes import HoldShape
from doorwatch.server.api.place_shapes import NamedCamera, NamedDoor
from doorwatch.server.api.shapes import Answer, Request, Review, Time, Way

Dismissal: TypeAlias = Literal["authorized", "miscounted", "nobody_entered", "test", "other"]


class IncidentCrossing(Answer):
    """One crossing that an incident counted; `trail` is [microseconds, column, row] of the tiles stood on."""

    crossing_id: str
    camera_id: str
    track: str
    at: Time
    direction: Way
    confidence: float
    outcome: CrossingOutcome | None
    grant_id: str | None
    trail: list[list[int]]
    upper: Colour | None = Field(
        description="The colour of what was worn above the waist; null when nobody can be sure"
    )
    lower: Colour | None = Field(description="The same below the waist")
    dwell_s: float | None = Field(
        description="For how many seconds the camera saw the person; null while they are there"
    )
    carried: list[Carried] = Field(
        description="What the detector surely saw with them; without it they may still carry something"
    )


class UsedGrant(Answer):
    """A grant that admitted somebody of the incident."""

    event_id: str
    at: Time
    actor_name: str | None
    event_type: str


class IncidentRevision(Answer):
    """What the rule said of the incident at one time."""

    revision: int
    at: Time
    state: IncidentState
    kind: IncidentKind
    people: int
    grants: int
    excess: int
    reason: str


class IncidentShape(Answer):
    """A verdict that somebody should look at."""

    incident_id: str
    door: NamedDoor
    kind: IncidentKind
    state: IncidentState
    review: Review
    start: Time
    end: Time
    people: int
    grants: int
    excess: int
    possible: int
    coverage: CoverageState
    reason: str
    revision: int
    labels: list[str]
    cameras: list[NamedCamera]
    picture_url: str | None
    picture_camera_id: str | None = Field(description="The camera that took the picture")
    clip_url: str | None
    clip_camera_id: str | None = Field(description="The camera that took the clip")
    clip_start_us: int | None
    crossing_to_incident_ms: float | None
    note: str | None
    reviewed_by: str | None
    reviewed_at: Time | None
    dismissal: str | None = Field(description="Why it was dismissed")
    assigned_to: str | None = Field(description="Who is to look at it")
    said: int = Field(description="Counts what people said of it: a review that was made of an older one is refused")


class CommentShape(Answer):
    """What somebody said about an incident."""

    comment_id: str
    said_by: str
    said_at: Time
    text: str


class IncidentDetail(IncidentShape):
    """An incident with everything it rests on."""

    crossings: list[IncidentCrossing]
    grants_used: list[UsedGrant]
    history: list[IncidentRevision]
    superseded_by: str | None = Field(description="The incident that this one became part of")
    merged: list[str] = Field(description="Incidents that became part of this one")
    comments: list[CommentShape] = Field(description="What reviewers said, the oldest first")
    holds: list[HoldShape] = Field(description="All that were ever placed on its evidence, the newest first")
    sensed: int | None = Field(
        default=None, description="Entries that the door's own sensor reported meanwhile; null without such a sensor"
    )


class ReviewInput(Request):
    """What somebody thinks of an incident."""

    review: Review
    note: Annotated[str, Field(max_length=4000)] | None = None
    dismissal: Dismissal | None = None
    seen: Annotated[int | None, Field(description="`said` of the incident as it was seen; null is not compared")] = None


class ShareInput(Request):
    """How long a link shall work (the server has a default), for whom it is, and the password that it asks for."""

    hours: Annotated[float, Field(gt=0, le=24 * 30)] | None = None
    recipient: Annotated[str, Field(max_length=200)] | None = None
    password: Annotated[SecretStr, Field(min_length=6, max_length=200)] | None = None


class ShareShape(Answer):
    """A link to one incident that works without signing in."""

    url: str
    expires_at: Time
    link_id: str


class MomentShape(Answer):
    """One searchable thing that happened."""

    moment_id: str
    kind: str
    at: Time
    arrived_at: Time
    door: NamedDoor | None
    cameras: list[NamedCamera]
    labels: list[str]
    title: str
    detail: str
    actor_name: str | None = None
    incident_id: str | None = None
    crossing_id: str | None = None
    event_type: str | None = None
    direction: str | None = None
    outcome: str | None = None
    track: str | None = None
    review: str | None = None
    state: str | None = None
    people: int | None = None
    grants: int | None = None
    excess: int | None = None
    upper: Colour | None = None
    lower: Colour | None = None
    dwell_s: float | None = None
    carried: list[Carried] = Field(default=[], description="What the detector surely saw with somebody who crossed")
    picture_url: str | None = None
