"""What `/api/recordings` says."""

from typing import Annotated

from pydantic import Field

from doorwatch.domain.recording import RecordingMode
from doorwatch.server.api.shapes import Answer
from doorwatch.server.stocktaking import Outlook


class KeptFor(Answer):
    """How long a camera's recordings are kept and how much they may take, its own settings and the installation's as one."""

    days: float
    event_days: float
    bytes: int | None


class FootageDamage(Answer):
    """What the patrol found missing or changed of a camera's recordings within the last day."""

    since: str
    at: str
    segments: int
    start: str
    end: str


class CameraRecordings(Answer):
    """What there is of one camera."""

    camera_id: str
    name: str
    mode: RecordingMode
    blur_people: bool = Field(description="Whether nothing is kept because people are to be blurred")
    removed: bool = Field(description="Whether the camera was taken away; its recordings go by age")
    kept_for: KeptFor
    oldest_at: str | None = Field(description="When the oldest recording begins; null: there is none")
    newest_at: str | None
    bytes: int
    event_bytes: int = Field(description="Of these, what is past its days and stays for what happened then")
    bytes_per_day: Annotated[
        float | None, Field(description="At what rate it grew in the last day; null: not known yet")
    ]
    held_incidents: int
    held_bytes: int = Field(description="What holds keep of it")
    damage: FootageDamage | None
    stopped: str | None = Field(description="Why it is not recorded at the moment")


class NextToGo(Answer):
    """The recording that goes first where room is wanted."""

    camera_id: str
    name: str
    at: str
    eventful: bool


class DiskRecordings(Answer):
    """The disk of an analyzer that has said something of it in the last five minutes."""

    analyzer_id: str
    name: str
    at: str
    total_bytes: int
    free_bytes: int
    floor_bytes: int = Field(description="What is to stay free; where less is, the oldest recordings go")
    camera_ids: list[str]
    next: NextToGo | None = Field(description="null: nothing may go")
    outlook: Outlook = Field(description="When the oldest go for want of room, at the rate of the last day")
    days: float | None


class Recordings(Answer):
    """All recordings of the account."""

    at: str
    cameras: list[CameraRecordings]
    disks: list[DiskRecordings]
