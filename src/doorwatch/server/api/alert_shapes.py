"""What is said and heard about mails of incidents: settings, words, previews, and what became of each message."""

from typing import Annotated

from pydantic import Field

from doorwatch.server.api.shapes import Answer, Identifier, Request, Time

Address = Annotated[str, Field(max_length=320)]


class AlertTemplate(Request):
    """The words of the mail, with variables in double braces."""

    subject: Annotated[str, Field(max_length=500)]
    body: Annotated[str, Field(max_length=20_000)]


class DoorWords(Request):
    """The words for one door; null means that nothing is mailed of it."""

    door_id: Identifier
    template: AlertTemplate | None


class SenderShape(Request):
    """Whom mails come from; what is empty is as the installation says."""

    address: Address = ""
    name: Annotated[str, Field(max_length=100)] = ""
    reply_to: Address = ""


class OverdueShape(Request):
    """After so many minutes without a review (0 is never) these are told, so many times; those told before without any."""

    minutes: Annotated[int, Field(ge=0, le=24 * 60)] = 0
    recipients: Annotated[list[Address], Field(max_length=100)] = []  # noqa: RUF012 - a model copies it
    times: Annotated[int, Field(ge=1, le=10)] = 1


class AlertsInput(Request):
    """Who is told of incidents, and in which words; without a template nobody is."""

    template: AlertTemplate | None
    recipients: Annotated[list[Address], Field(max_length=100)] = []  # noqa: RUF012 - a model copies it
    doors: Annotated[list[DoorWords], Field(max_length=1000)] = []  # noqa: RUF012 - a model copies it
    at_once: Annotated[
        list[Identifier],
        Field(max_length=10_000, description="Doors at which a mail does not wait for the final verdict"),
    ] = []  # noqa: RUF012 - a model copies it
    sender: SenderShape = SenderShape()
    link_days: Annotated[int, Field(ge=1, le=90, description="Days for which links in mails work")] = 14

    storm: Annotated[
        int, Field(ge=0, le=10_000, description="More mails to one person in a minute become one digest; 0 is no limit")
    ] = 20
    fire_inhibits: Annotated[bool, Field(description="Nobody is told while a fire release is on")] = True
    overdue: OverdueShape = OverdueShape()


class AlertsShape(AlertsInput):
    """The same, with what the installation adds."""

    owners: list[str] = Field(description="Who is told when there are no recipients")
    mail_server: str | None = Field(description="Where mails are handed over; null when none are")
    mail_from: str = Field(description="Whom mails come from when the account says nothing else")


class VariableShape(Answer):
    """A variable of templates."""

    name: str
    meaning: str


class ExampleShape(Answer):
    """A template to begin with."""

    name: str
    title: str
    template: AlertTemplate


class WordsShape(Answer):
    """What templates are made of."""

    variables: list[VariableShape]
    examples: list[ExampleShape]


class TemplateInput(Request):
    """A template that is being written, and the incident to fill it in with; the newest one without any."""

    template: AlertTemplate
    incident_id: Identifier | None = None


class ProblemShape(Answer):
    """What is wrong with a template: `offset` and `length` count characters of the part."""

    part: str
    line: int
    column: int
    offset: int
    length: int
    text: str


class PreviewShape(Answer):
    """How a mail would look; with problems nothing but them."""

    problems: list[ProblemShape]
    incident_id: str | None = None
    picture_url: str | None = None
    to: list[str] = []  # noqa: RUF012 - a model copies it
    subject: str = ""
    text: str = ""
    body: str = Field(default="", description="The paragraphs of the HTML part")
    look: str = Field(default="", description="Its styles")
    dark_look: str = Field(default="", description="Those that are added in the dark")


class TrialInput(Request):
    """A trial mail: with these words of this incident, to this person; everything as it is kept by default."""

    template: AlertTemplate | None = None
    incident_id: Identifier | None = None
    to: Address | None = None


class AlertTestShape(Answer):
    """To whom the trial mail goes."""

    queued: int
    to: list[str]


class MailShape(Answer):
    """A message that was sent, waits or was withheld."""

    mail_id: str
    channel: str
    to: str
    subject: str
    state: str
    at: Time
    incident_id: str | None
    error: str | None
    attempts: int


class LastDelivery(Answer):
    """What became of the newest message: its state is waiting, sent, failed or withheld."""

    mail_id: str
    state: str
    at: Time
    attempts: int
    error: str | None


class AttemptShape(Answer):
    """One try to deliver a message; `error` is null when it was taken."""

    number: int
    began_at: Time
    took_ms: int
    error: str | None


class MailDetail(MailShape):
    """A message with every try to deliver it."""

    created_at: Time
    due_at: Time | None
    tries: list[AttemptShape]


class MailLinkShape(Answer):
    """A link in a mail, or one that somebody made, that shows the incident without signing in."""

    link_id: str
    recipient: str
    created_at: Time
    until: Time
    opened: int
    opened_at: Time | None
    revoked_by: str | None
    revoked_at: Time | None
    made_by: str | None = Field(description="Who made it for somebody; null for one in a mail")
    password: bool = Field(description="Whether it asks for a password")
    works: bool
