"""Cameras, scenes, doors and their policies as the API takes and gives them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from doorwatch.domain.recording import (
    LONGEST_DAYS,
    LONGEST_POST_ROLL,
    LONGEST_PRE_ROLL,
    MOST_GIGABYTES,
    RecordedStream,
    RecordingMode,
)
from doorwatch.server.api.shapes import Answer, Identifier, Request, Time, Told, Word


class NamedDoor(Answer):
    """A door by name."""

    door_id: str
    name: str


class NamedCamera(Answer):
    """A camera by name."""

    camera_id: str
    name: str


class FloorShape(Told):
    """The floor in the picture: four pixels in order round a rectangle of `size_m` metres."""

    corners: list[list[float]]
    size_m: list[float]
    tile_m: float = 0.5


class SceneShape(Answer):
    """How one camera sees one door, in pixels of `size`."""

    door_id: str
    door: str
    size: list[int]
    threshold: list[list[float]]
    inside: list[float]
    doorway: list[list[float]] | None = None
    floor: FloorShape | None = None


class DrawnScene(Request):
    """A scene in the shape of scene.yaml; `door` may be left out."""

    door: str | None = None
    size: list[int]
    threshold: list[list[float]]
    inside: list[float]
    doorway: list[list[float]] | None = None
    floor: FloorShape | None = None


class SceneInput(DrawnScene):
    """A scene to store."""

    before: DrawnScene | None = Field(
        default=None,
        description="The scene that one began from, null for none: refused with 409 if another stands now. Left out, the scene is stored in any case.",
    )


class CameraStatusShape(Answer):
    """How the camera is: 100 starting, 200 online, 400, 401, 404, 408, 500 broken in the way HTTP means them."""

    code: int
    message: str
    at: Time | None


class RecordingShape(Told):
    """How a camera is recorded and how long that is kept; times in seconds and days."""

    model_config = ConfigDict(extra="forbid")

    mode: RecordingMode = RecordingMode.CONTINUOUS
    stream: RecordedStream = Field(
        default=RecordedStream.MAIN,
        description="The main stream, where the camera has one, or the one that is counted in",
    )
    pre_roll: float = Field(
        default=10, ge=0, le=LONGEST_PRE_ROLL, description="What is recorded before an event, in the mode event"
    )
    post_roll: float = Field(default=10, ge=1, le=LONGEST_POST_ROLL, description="What is recorded after an event")
    on_motion: bool = Field(default=True, description="Whether motion is an event, beside crossings and access events")
    days: float | None = Field(
        default=None, gt=0, le=LONGEST_DAYS, description="How long it is kept; null: as the installation's settings say"
    )
    event_days: float | None = Field(
        default=None, gt=0, le=LONGEST_DAYS, description="The same of what was recorded around events"
    )
    gigabytes: float | None = Field(
        default=None, gt=0, le=MOST_GIGABYTES, description="The most that its recordings may take; null: any"
    )


class CameraShape(Answer):
    """A video source; the passwords in its URLs are masked."""

    camera_id: str
    name: str
    url: str = Field(description="The stream that people are counted in")
    main_url: str | None = Field(description="The stream that is recorded as evidence; null when one serves both")
    enabled: bool
    status: CameraStatusShape
    width: int | None
    height: int | None
    fps: float | None
    latency_ms: float | None
    skew_ms: float | None = Field(
        description="Milliseconds that its clock is behind ours, negative when ahead; null when its stream tells no time"
    )
    detector: str | None
    recording: RecordingShape
    blur_people: bool = Field(description="Only blurred people are kept of it: no raw recording, blurred evidence")
    groups: list[str] = Field(description="Groups of cameras that it is in; a group's name is a search term")
    labels: list[str] = Field(description="Words that say what it shows; search terms, too")
    site_id: str = Field(description="The place where it is")
    people_at: Time | None = Field(description="When it last followed somebody while scenes are still proposed from it")
    doors: list[NamedDoor]
    scenes: list[SceneShape]


CameraUrl = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x20]+$")]


MainUrl = Annotated[
    str,
    Field(
        max_length=2000, pattern=r"^[^\x00-\x20]*$", description="The stream that is recorded; empty: the counted one"
    ),
]

CameraWords = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^;\x00-\x1f]+$")]], Field(max_length=50)
]


class NewCamera(Request):
    """A camera to add."""

    name: Word
    url: CameraUrl
    main_url: MainUrl = ""
    enabled: bool = True
    recording: RecordingShape | None = None
    settings: dict[str, Any] = Field(default_factory=dict)
    groups: CameraWords = Field(default_factory=list)
    labels: CameraWords = Field(default_factory=list)


class CameraChange(Request):
    """What to change of a camera; what is left out stays."""

    name: Word | None = None
    url: CameraUrl | None = None
    main_url: MainUrl | None = None
    enabled: bool | None = None
    blur_people: bool | None = None
    recording: RecordingShape | None = Field(default=None, description="Of it only the keys that are given are changed")
    settings: dict[str, Any] | None = None
    groups: CameraWords | None = None
    labels: CameraWords | None = None


class DayCounts(Answer):
    """What happened at a door since midnight in the site's zone."""

    entries_in: Annotated[int, Field(serialization_alias="in")]
    entries_out: Annotated[int, Field(serialization_alias="out")]
    grants: int
    incidents: int


class PacsShape(Answer):
    """The access control system that a door belongs to."""

    id: str
    name: str
    connected: bool
    covered_until: Time | None


class PolicyShape(Told):
    """How the rule judges a door; lengths of time in seconds."""

    model_config = ConfigDict(extra="forbid")

    grant_before: float = 2
    grant_after: float = 10
    group_gap: float = 10
    settle: float = 6
    controlled_direction: Literal["in", "out", "both"] = "in"
    guests_per_grant: int = 0
    clock_offset: float = 0
    unlocked_max_manual: float = 60
    unlocked_max_scheduled: float = 43200
    clock_offset_auto: bool = False


class DoorShape(Answer):
    """A door of a PACS; `stale` when the PACS no longer lists it."""

    door_id: str
    device_id: str
    name: str
    stale: bool
    cameras: list[NamedCamera]
    policy: PolicyShape
    last_event_at: Time | None
    last_event_type: str | None
    counts_today: DayCounts
    pacs: PacsShape
    site_id: str = Field(description="The place where it is, in whose zone its times are told")
    pacs_cameras: list[str] = Field(
        description="Names of cameras that the PACS itself shows at it, where it tells them"
    )


class DoorOutline(Answer):
    """A door in a few words, for lists to choose from."""

    door_id: str
    name: str
    stale: bool
    site_id: str
    camera_ids: list[str]


class DoorChange(Request):
    """What to change of a door; of the policy only the keys that are given."""

    camera_ids: Annotated[list[Identifier], Field(max_length=50)] | None = None
    policy: PolicyShape | None = None


class DoorCameras(Request):
    """The cameras that see a door; the first is the one whose count is believed."""

    camera_ids: Annotated[list[Identifier], Field(max_length=50)]
