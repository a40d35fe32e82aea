"""What is said and heard about alerts of searches, silences and alerts of the system."""

from typing import Annotated, Literal

from pydantic import Field

from doorwatch.alerts.troubles import Trouble
from doorwatch.domain.incident import IncidentKind
from doorwatch.server.api.alert_shapes import Address
from doorwatch.server.api.shapes import Answer, Identifier, Request, Time

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class HoursShape(Request):
    """Hours of the week in the site's zone, past midnight when they end before they begin; no days means every day."""

    start: Clock
    end: Clock
    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7, description="0 is Monday")] = []  # noqa: RUF012 - a model copies it


class RuleInput(Request):
    """An alert of a saved search; without recipients and webhooks the owners are told."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    saved_search_id: Identifier
    enabled: bool = True
    at_least: Annotated[int, Field(ge=1, le=1000, description="So many matches")] = 1
    within_minutes: Annotated[float, Field(ge=0, le=7 * 24 * 60, description="within this time")] = 10
    per: Annotated[Literal["door", "camera"], Field(description="counted for each door or each camera")] = "door"
    kinds: Annotated[list[IncidentKind], Field(max_length=10)] = []  # noqa: RUF012 - a model copies it
    confidence: Annotated[float, Field(ge=0, le=1, description="People seen less surely do not count")] = 0
    at_once: Annotated[bool, Field(description="Not waiting for the final verdict")] = False
    active: Annotated[HoursShape | None, Field(description="It watches in these hours alone")] = None
    quiet: Annotated[HoursShape | None, Field(description="In these hours it waits with telling")] = None
    recipients: Annotated[list[Address], Field(max_length=100)] = []  # noqa: RUF012 - a model copies it
    hook_ids: Annotated[list[Identifier], Field(max_length=100)] = []  # noqa: RUF012 - a model copies it


class RuleShape(RuleInput):
    """An alert of a saved search as it is kept."""

    rule_id: str
    text: str | None = Field(description="What its search looks for; null when the search was deleted")


class SilenceInput(Request):
    """A time in which people are not told of incidents; no doors or kinds means all of them."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    minutes: Annotated[float, Field(gt=0, le=30 * 24 * 60)]
    door_ids: Annotated[list[Identifier], Field(max_length=1000)] = []  # noqa: RUF012 - a model copies it
    kinds: Annotated[list[IncidentKind], Field(max_length=10)] = []  # noqa: RUF012 - a model copies it


class SilenceShape(Answer):
    """A silence; `holds` says whether it still does."""

    silence_id: str
    reason: str
    door_ids: list[str]
    kinds: list[str]
    created_by: str
    created_at: Time
    until: Time
    ended_by: str | None
    ended_at: Time | None
    holds: bool


class SystemInput(Request):
    """Of which troubles of the system nobody is told, and who is told of the others: the owners when nobody is named."""

    off: Annotated[list[Trouble], Field(max_length=20)] = []  # noqa: RUF012 - a model copies it
    recipients: Annotated[list[Address], Field(max_length=100)] = []  # noqa: RUF012 - a model copies it
    hook_ids: Annotated[list[Identifier], Field(max_length=100)] = []  # noqa: RUF012 - a model copies it


class LastingShape(Answer):
    """Something that is wrong now."""

    kind: Trouble
    title: str
    detail: str
    began_at: Time
    told: bool


class SystemShape(SystemInput):
    """The same, with who the owners are and what is wrong now."""

    owners: list[str]
    lasting: list[LastingShape]
