"""What the page of integrations says and hears: the mapping as a whole, suggestions for it, and the gateways."""

from typing import Annotated, Any, Literal

from pydantic import Field

from doorwatch.server.api.shapes import Answer, Identifier, Request, Time


class MappableDoorShape(Answer):
    """A door as the mapping needs it; `stale` when the access control system no longer lists it."""

    door_id: str
    device_id: str
    name: str
    pacs_id: str
    stale: bool


class MappableCameraShape(Answer):
    """A camera as the mapping needs it."""

    camera_id: str
    name: str
    enabled: bool
    groups: list[str] = Field(description="Groups and labels, by which cameras are found")
    counting: list[str] = Field(description="Ids of the doors for which a scene is drawn, so that people are counted")


class MappingShape(Answer):
    """Which cameras see which doors; the first camera of a door is believed."""

    saved_at: Time | None = Field(description="Null while nobody ever saved it")
    doors: list[MappableDoorShape]
    cameras: list[MappableCameraShape]
    mapping: dict[str, list[str]] = Field(description="Door id to camera ids; doors without a camera are left out")


CameraIds = Annotated[list[Identifier], Field(max_length=50)]


class MappingChangeInput(Request):
    """A door's cameras as they were shown, and as they shall be."""

    door_id: Identifier
    before: CameraIds
    after: CameraIds


class MappingInput(Request):
    """All changes are saved, or none. Saving none counts as having saved."""

    changes: Annotated[list[MappingChangeInput], Field(max_length=10_000)]


class FollowInput(Request):
    """The door that took a stale one's place."""

    door_id: Identifier


class MappingSuggestion(Answer):
    """A camera that probably sees a door to which it is not mapped, and why."""

    camera_id: str
    door_id: str
    because: Literal["pacs", "grants", "names"]
    reason: str = Field(description="The evidence in one sentence")


class RenamedDoor(Answer):
    """A stale door that is still mapped, and the listed door of the same name that took its place."""

    stale_id: str
    door_id: str


class SuggestionsShape(Answer):
    """What could be mapped, the strongest evidence first."""

    suggestions: list[MappingSuggestion]
    renamed: list[RenamedDoor]


class HeldListShape(Answer):
    """A list of doors that dropped suspiciously many and waits for somebody."""

    gateway_id: str
    dropped: list[str] = Field(description="Names of the doors that it no longer names")
    reason: str
    arrived_at: Time


class ReportLine(Answer):
    """A log line or an error of a gateway."""

    at: Time
    level: str
    message: str
    count: int = Field(description="How often, for an error that repeats")
    context: dict[str, Any]


class GatewayShape(Answer):
    """An access control system, and what its gateway says of itself."""

    pacs_id: str
    name: str
    connected: bool
    heard_at: Time | None
    covered_until: Time | None = Field(description="Until when all events are known to be here")
    subscribed: list[str] | None = Field(description="Event types that were granted; null before it said")
    refused: list[str] | None = Field(description="Event types that the access control system did not give")
    stats: dict[str, Any] | None = Field(description="The newest statistics as the gateway sent them")
    stats_at: Time | None
    errors: list[ReportLine]
    logs: list[ReportLine]
    held: list[HeldListShape]


class AcceptListInput(Request):
    """Whose held list of doors is right after all."""

    gateway_id: Annotated[str, Field(max_length=200)]
