"""What happened at a door over a time, and who was where, as the API says it; times in microseconds of capture time."""

from pydantic import Field

from doorwatch.domain.incident import CrossingOutcome
from doorwatch.server.api.happening_shapes import MomentShape
from doorwatch.server.api.place_shapes import NamedDoor, SceneShape
from doorwatch.server.api.shapes import Answer, Way
from doorwatch.store.crossings import StoredCrossing

TimeSpan = tuple[int, int]
"""From when to when, in microseconds since 1970."""


class TimelineCamera(Answer):
    """A camera of the timeline, and what it has of its time."""

    camera_id: str
    name: str
    scenes: list[SceneShape] = Field(description="As they were in force at the end of the time")
    covered: list[TimeSpan] = Field(description="When it really saw, so that people could be counted")
    recorded: list[TimeSpan] = Field(description="Of which time there is video")
    blurred: bool = Field(description="Only blurred evidence of incidents is kept of it now")


class Bucket(Answer):
    """How much happened in one piece of a long time."""

    from_us: int
    until_us: int
    grants: int
    events: int = Field(description="Other access events")
    crossings: int


class Timeline(Answer):
    """What happened at a door, or before a camera, over a time.

    Of a time up to six hours all moments are told (the newest, where there are too many); of a longer one only
    incidents, and of everything else how much there was in each piece.
    """

    from_us: int
    until_us: int
    doors: list[NamedDoor]
    cameras: list[TimelineCamera]
    pacs_covered: list[TimeSpan] | None = Field(
        description="When the access control system was heard; null when its gateway does not tell"
    )
    clock_offset_us: int = Field(
        description="How far its clock was ahead of the cameras': what is to be taken off the times of access events"
    )
    moments: list[MomentShape] = Field(description="In the order of time")
    more: bool = Field(description="There were more moments than are told")
    buckets: list[Bucket]


class TrackPerson(Answer):
    """One person in one picture, in pixels of the scene; `tile` is column and row."""

    track: str
    door_id: str | None
    box: list[float]
    foot: list[float]
    tile: list[int] | None


class TrackFrame(Answer):
    """Who was in one searched picture."""

    at_us: int
    people: list[TrackPerson]


class TrackCrossing(Answer):
    """A crossing; `trail` is [microseconds, column, row] of the tiles stood on."""

    crossing_id: str
    door_id: str
    track: str
    at_us: int
    direction: Way
    outcome: CrossingOutcome | None
    grant_id: str | None
    trail: list[list[int]]


class Tracks(Answer):
    """What is painted over a recording."""

    frames: list[TrackFrame]
    crossings: list[TrackCrossing]


def crossing_shape(stored: StoredCrossing) -> TrackCrossing:
    """A stored crossing as it is painted."""
    crossing = stored.crossing
    return TrackCrossing(
        crossing_id=crossing.crossing_id,
        door_id=crossing.door,
        track=crossing.track,
        at_us=crossing.at,
        direction=crossing.direction.value,
        outcome=stored.outcome,
        grant_id=stored.grant_id,
        trail=[[step.at, step.column, step.row] for step in crossing.trail],
    )
