"""What the browser's API says and hears: one model per resource, from which the OpenAPI document is made.

Times are ISO 8601 UTC with microseconds; names that end in `_us` are microseconds since 1970; ids are opaque.
"""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from doorwatch.domain.incident import CoverageState, CrossingOutcome, IncidentKind, IncidentState

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-01-31T12:34:56.789000Z"])]
Word = Annotated[str, Field(min_length=1, max_length=200)]
PathId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00/]+$")]
Identifier = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00/]+$")]
Way = Literal["in", "out"]
Review = Literal["new", "confirmed", "dismissed"]
Role = Literal["owner", "manage", "view"]


class Answer(BaseModel):
    """Something the server says."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null")


class Told(BaseModel):
    """Something that is kept: none of its texts holds a NUL, which databases refuse or cut at."""

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        waiting = [value]
        while waiting:
            part = waiting.pop()
            if isinstance(part, str) and "\0" in part:
                raise ValueError("a text holds a NUL character, which can't be stored: leave it out")
            if isinstance(part, dict | list):
                waiting.extend(part.values() if isinstance(part, dict) else part)
        return value


class Request(Told):
    """Something the server is told; a key it does not know is an error, so that a typing mistake is not lost."""

    model_config = ConfigDict(extra="forbid")


class ErrorAnswer(Answer):
    """Why it did not work, and what to do about it."""

    error: str
    field: str | None = Field(default=None, description="Which value is wrong")
    reason: str | None = Field(
        default=None, description="Why signing in or a token was refused, as a word for programs"
    )
    scopes: list[str] | None = Field(default=None, description="Any of these scopes would do; told to tokens")


class Done(Answer):
    """It worked, and there is nothing more to say."""

    done: Literal[True] = True


# Session


class SignIn(Request):
    """Who wants to sign in."""

    email: Annotated[str, Field(min_length=1, max_length=320)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]
    code: Annotated[str, Field(max_length=40, description="Of the second factor, where there is one.")] | None = None


class UserShape(Answer):
    """A person."""

    id: str
    email: str
    name: str
    role: Role
    cameras: list[str] | None = Field(description="The only cameras that the person may see; null for all of them")


class AccountShape(Answer):
    """A tenant."""

    id: str
    name: str


class MembershipShape(Answer):
    """An account that the person belongs to."""

    id: str
    name: str
    role: Role


class SiteShape(Answer):
    """A place of the account, with the time zone in which its times are shown."""

    name: str
    time_zone: str


class SessionShape(Answer):
    """Who is signed in, and what that person may do."""

    user: UserShape
    account: AccountShape
    site: SiteShape
    permissions: list[str]
    second_factor: bool = False
    has_password: bool = True
    proof: Annotated[
        Literal["password", "provider"], Field(description="With what one proves afresh who one is in this session.")
    ] = "password"
    limited: Annotated[bool, Field(description="A second factor must be added before anything else.")] = False
    accounts: list[MembershipShape] = Field(description="All that the person belongs to, the present one too")


class AccountChoice(Request):
    """The account in which the session shall act."""

    account_id: Identifier


SharedCameras = Annotated[
    list[Identifier] | None,
    Field(max_length=500, description="The only cameras that the person sees, with Can View; null for all of them"),
]


class NewUser(Request):
    """A person to add; without a password one is made and told once."""

    email: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
    name: Annotated[str, Field(max_length=200)] = ""
    role: Role = "view"
    cameras: SharedCameras = None
    password: Annotated[SecretStr, Field(min_length=10, max_length=1024)] | None = None


class NewPassword(Request):
    """A password to set; without one it is made and told once."""

    password: Annotated[SecretStr, Field(min_length=10, max_length=1024)] | None = None


class UserWithPassword(Answer):
    """A person, and the password that was made, which is told this once."""

    user: UserShape
    password: str | None


# Cameras and doors


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


class SceneInput(Request):
    """A scene to store, in the shape of scene.yaml; `door` may be left out."""

    door: str | None = None
    size: list[int]
    threshold: list[list[float]]
    inside: list[float]
    doorway: list[list[float]] | None = None
    floor: FloorShape | None = None


class CameraStatusShape(Answer):
    """How the camera is: 100 starting, 200 online, 400, 401, 404, 408, 500 broken in the way HTTP means them."""

    code: int
    message: str
    at: Time | None


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
    blur_people: bool = Field(description="Only blurred people are kept of it: no raw recording, blurred evidence")
    groups: list[str] = Field(description="Groups of cameras that it is in; a group's name is a search term")
    labels: list[str] = Field(description="Words that say what it shows; search terms, too")
    last_event_at: Time | None = Field(description="When the newest access event of a door that it sees happened")
    last_event_type: str | None
    last_event_door: str | None = Field(description="The name of that door")
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
    pacs_cameras: list[str] = Field(
        description="Names of cameras that the PACS itself shows at it, where it tells them"
    )


class DoorChange(Request):
    """What to change of a door; of the policy only the keys that are given."""

    camera_ids: Annotated[list[Identifier], Field(max_length=50)] | None = None
    policy: PolicyShape | None = None


class DoorCameras(Request):
    """The cameras that see a door; the first is the one whose count is believed."""

    camera_ids: Annotated[list[Identifier], Field(max_length=50)]


# Incidents and moments


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


class IncidentDetail(IncidentShape):
    """An incident with everything it rests on."""

    crossings: list[IncidentCrossing]
    grants_used: list[UsedGrant]
    history: list[IncidentRevision]
    superseded_by: str | None = Field(description="The incident that this one became part of")
    merged: list[str] = Field(description="Incidents that became part of this one")
    sensed: int | None = Field(
        default=None, description="Entries that the door's own sensor reported meanwhile; null without such a sensor"
    )


class ReviewInput(Request):
    """What somebody thinks of an incident."""

    review: Review
    note: Annotated[str, Field(max_length=4000)] | None = None


class ShareInput(Request):
    """How long a link shall work; the server has a default."""

    hours: Annotated[float, Field(gt=0, le=24 * 30)] | None = None


class ShareShape(Answer):
    """A link to one incident that works without signing in."""

    url: str
    expires_at: Time


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
    picture_url: str | None = None


# Search


class Chip(Answer):
    """A part of the query that was understood."""

    kind: str
    text: str
    value: str


class QueryShape(Answer):
    """How the text was understood."""

    text: str
    chips: list[Chip]
    problems: list[str]


class SearchResult(Answer):
    """What was found, newest first; `next` goes into `before` for the next page; not `exact` means: and more."""

    query: QueryShape
    total: int
    exact: bool
    moments: list[MomentShape]
    next: str | None


class SuggestionShape(Answer):
    """Something that could be meant."""

    text: str
    kind: str


class SuggestionList(Answer):
    """What could be meant by what was typed so far."""

    suggestions: list[SuggestionShape]


# Alerts, reports


class AlertTemplate(Told):
    """The words of the mail, with variables in double braces."""

    model_config = ConfigDict(extra="forbid")

    subject: Annotated[str, Field(min_length=1, max_length=500)]
    body: Annotated[str, Field(min_length=1, max_length=20_000)]


Recipient = Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00,;<>]+@[^@\s\x00,;<>]+$")]


class AlertsShape(Told):
    """Who is told of incidents, and in which words."""

    model_config = ConfigDict(extra="forbid")

    recipients: Annotated[list[Recipient], Field(max_length=100)]
    template: AlertTemplate
    enabled: bool


class AlertTestShape(Answer):
    """To whom the trial mail goes."""

    queued: int
    to: list[str]


class MailShape(Answer):
    """A mail that was sent or waits."""

    mail_id: str
    to: str
    subject: str
    state: str
    at: Time
    incident_id: str | None
    error: str | None


class DoorSummary(Answer):
    """What happened at one door in the days asked for."""

    door: NamedDoor
    grants: int
    entries_in: Annotated[int, Field(serialization_alias="in")]
    entries_out: Annotated[int, Field(serialization_alias="out")]
    incidents: dict[str, int]
    reviewed: int


class HealthShape(Answer):
    """Whether a process is alive or can serve, and what is missing."""

    status: str
    missing: list[str] = Field(default_factory=list)
