"""What the API says and hears of proposals, placement, commissioning runs and certificates."""

from typing import Annotated, Any, Literal

from pydantic import Field

from doorwatch.server.api.place_shapes import SceneInput, SceneShape
from doorwatch.server.api.shapes import Answer, Identifier, Request, Time, Way


class MeterShape(Answer):
    """How large things are at the threshold, in pixels; `person` is the height of somebody of 1.7 m."""

    per_metre: float
    per_foot: float
    person: float


class AdviceShape(Answer):
    """One thing to change of a camera's place; `grave` when it will miscount."""

    concern: str
    text: str
    grave: bool


class PlacementShape(Answer):
    """Whether a camera is well placed; `meter` is null while neither floor nor people tell it."""

    meter: MeterShape | None
    advice: list[AdviceShape]


class PlacementInput(Request):
    """The scene to judge, as it is drawn just now; null judges by people alone."""

    scene: SceneInput | None = None


class ProposalShape(Answer):
    """A scene proposed from walks. `scene` is null while they say too little; `notes` say why, or what to look at.

    `ways` are the feet of the people seen, in pixels of `size`, to be drawn under the proposal.
    """

    people: int
    size: list[int] | None
    scene: SceneShape | None
    at_door: bool
    confidence: float = Field(description="0 to 1")
    notes: list[str]
    ways: list[list[list[float]]]
    newest_at: Time | None
    placement: PlacementShape


class RunInput(Request):
    """A run to start: walked live, or marked on recorded video from `since` to `until`."""

    source: Literal["walk", "recording"] = "walk"
    since: Time | None = None
    until: Time | None = None


class MarkInput(Request):
    """One person through the door: at a time, or so many milliseconds ago; now when both are missing."""

    mark_id: Identifier
    direction: Way
    at: Time | None = None
    ago_ms: Annotated[int, Field(ge=0, le=3_600_000)] = 0


class MarksInput(Request):
    """People to note; a mark_id that is known already changes nothing."""

    marks: Annotated[list[MarkInput], Field(min_length=1, max_length=200)]


class MarkShape(Answer):
    """A mark and whether it was counted; `waiting` while that can still come."""

    mark_id: str
    at: Time
    direction: Way
    state: Literal["found", "missed", "wrong way", "waiting"]
    crossing_id: str | None


class CountedShape(Answer):
    """A crossing and whether somebody noted it."""

    crossing_id: str
    at: Time
    direction: Way
    state: Literal["found", "extra"]


class FiguresShape(Answer):
    """The numbers of a run; `rate`, `low` and `high` (Wilson, 95 %) are shares, null while nobody walked."""

    walked: int
    found: int
    missed: int
    extra: int
    wrong_way: int
    rate: float | None
    low: float | None
    high: float | None
    practice: Literal["met", "not met", "too few walks"]
    sentence: str


class RunShape(Answer):
    """A commissioning run with what was noted beside what was counted.

    While it is open, `counted` and `figures` tell of no crossing before whoever counts had the time to note it: on recorded
    video up to the last mark, so that nobody is told what to count.
    """

    run_id: str
    door_id: str
    door: str
    source: Literal["walk", "recording"]
    state: Literal["open", "finished", "dropped"]
    since: Time
    until: Time | None
    tolerance_s: float
    started_by: str
    figures: FiguresShape
    marks: list[MarkShape]
    counted: list[CountedShape]
    finish_in_ms: int = Field(
        description="How long to wait until the last walk can no longer be counted; 0: finish now"
    )


class OpenRun(Answer):
    """The run of a door that is open; null when there is none."""

    run: RunShape | None


class CertificateShape(Answer):
    """The result of a run, kept for good. `body` is what was issued; `unchanged` says that its digest still fits."""

    certificate_id: str
    door_id: str
    issued_at: Time
    digest: str
    unchanged: bool
    body: dict[str, Any]


class RecordedPiece(Answer):
    """A stretch of recorded video."""

    since: Time
    until: Time


class RecordedShape(Answer):
    """What is recorded of a camera; `here` is false where the files are on another machine than the server."""

    here: bool
    pieces: list[RecordedPiece]
