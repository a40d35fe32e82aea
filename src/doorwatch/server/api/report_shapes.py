"""Alerts, mails, and figures of doors and of health, as the API takes and gives them."""

from typing import Annotated

from pydantic import ConfigDict, Field

from doorwatch.server.api.place_shapes import NamedDoor
from doorwatch.server.api.shapes import Answer, Time, Told


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
