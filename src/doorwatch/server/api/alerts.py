"""`/api/alerts`: who is told of incidents, in which words, and how those look."""

from fastapi import APIRouter
from sqlalchemy import Connection

from doorwatch.alerts.examples import EXAMPLES
from doorwatch.alerts.message import DARK, LOOK, body_of, subject_of, text_of
from doorwatch.alerts.settings import (
    AddressError,
    AlertSettings,
    From,
    Overdue,
    check_addresses,
    owners,
    read_settings,
    save_settings,
)
from doorwatch.alerts.templates import VARIABLES, Template, problems, validate
from doorwatch.alerts.trials import HELLO, Trial
from doorwatch.server.api import alert_shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Manager, Parts
from doorwatch.server.errors import ApiError
from doorwatch.server.noting import note
from doorwatch.server.services import Services
from doorwatch.store import doors, evidence, incidents
from doorwatch.store.audit_trail.acts import Act

router = APIRouter(tags=["alerts"], responses=ERRORS)


@router.get("/api/alerts")
async def get_alerts(caller: Manager, parts: Parts) -> alert_shapes.AlertsShape:
    """Who is told, and in which words."""
    return await parts.db.read(lambda conn: _alerts(conn, parts, caller.account))


@router.put("/api/alerts")
async def set_alerts(body: alert_shapes.AlertsInput, caller: Manager, parts: Parts) -> alert_shapes.AlertsShape:
    """Say who is told, and in which words."""
    wanted = _checked(body)
    now = parts.clock.now()

    def keep(conn: Connection) -> alert_shapes.AlertsShape:
        for door in {*wanted.doors, *wanted.at_once}:
            doors.get_door(conn, caller.account, door)
        save_settings(conn, caller.account, wanted, now)
        said = {"recipients": list(wanted.recipients), "enabled": wanted.template is not None}
        note(conn, caller, now, Act.ALERTS_SET, "alerts", said)
        return _alerts(conn, parts, caller.account)

    return await parts.db.write(keep)


@router.get("/api/alerts/words")
async def list_words(caller: Manager) -> alert_shapes.WordsShape:  # noqa: ARG001 - asks for the permission
    """The variables of templates, and templates to begin with."""
    return alert_shapes.WordsShape(
        variables=[alert_shapes.VariableShape(name=name, meaning=meaning) for name, meaning in VARIABLES.items()],
        examples=[
            alert_shapes.ExampleShape(name=one.name, title=one.title, template=_words(one.template)) for one in EXAMPLES
        ],
    )


@router.post("/api/alerts/preview")
async def preview(body: alert_shapes.TemplateInput, caller: Manager, parts: Parts) -> alert_shapes.PreviewShape:
    """How a mail with these words would look, told of a real incident; or what is wrong with them, and where."""
    template = Template(body.template.subject, body.template.body)
    wrong = problems(template)
    if wrong:
        return alert_shapes.PreviewShape(
            problems=[alert_shapes.ProblemShape(**{key: getattr(one, key) for key in _PROBLEM}) for one in wrong]
        )

    def read(conn: Connection) -> tuple[Trial, bool]:
        incident_id = body.incident_id or _newest(conn, caller.account)
        trial = parts.alerts.trials.fill(conn, caller.account, template, incident_id)
        pieces = evidence.of_incidents(conn, caller.account, [incident_id]).get(incident_id, {}) if incident_id else {}
        return trial, "picture.jpg" in pieces

    trial, has_picture = await parts.db.read(read)
    picture = f"/api/incidents/{trial.incident_id}/picture.jpg" if has_picture else None
    return alert_shapes.PreviewShape(
        problems=[],
        incident_id=trial.incident_id,
        picture_url=picture,
        to=list(trial.to),
        subject=subject_of(template, trial.filled),
        text=text_of(template, trial.filled),
        body=body_of(template, trial.filled, picture),
        look=LOOK,
        dark_look=DARK,
    )


@router.post("/api/alerts/test")
async def send_trial(
    caller: Manager, parts: Parts, body: alert_shapes.TrialInput | None = None
) -> alert_shapes.AlertTestShape:
    """Send a trial mail: of a real incident in the words given, or a greeting to every recipient."""
    if parts.settings.smtp_host is None:
        raise ApiError(409, "no mail server is set: start the server with DOORWATCH_SMTP_HOST")
    asked = alert_shapes.TrialInput() if body is None else body
    template = HELLO if asked.template is None else Template(asked.template.subject, asked.template.body)
    validate(template)
    to = [] if asked.to is None else [asked.to]
    _check(to, "to")
    now = parts.clock.now()

    def write(conn: Connection) -> list[str]:
        newest = None if template is HELLO else _newest(conn, caller.account)
        sent = parts.alerts.trials.write_mails(conn, caller.account, to, template, asked.incident_id or newest)
        note(conn, caller, now, Act.ALERTS_TRY, "alerts", {"to": sent})
        return sent

    sent = await parts.db.write(write)
    if not sent:
        raise ApiError(409, "there is nobody to send a trial mail to: name a recipient first")
    parts.alerts.wake()
    return alert_shapes.AlertTestShape(queued=len(sent), to=sent)


_PROBLEM = tuple(alert_shapes.ProblemShape.model_fields)


def _newest(conn: Connection, account: str) -> str | None:
    found = incidents.list_incidents(conn, account, limit=1)
    return found[0].incident_id if found else None


def _checked(body: alert_shapes.AlertsInput) -> AlertSettings:
    """The settings that are asked for. Raises ApiError with the field that is wrong."""
    template = _template(body.template)
    own = {one.door_id: _template(one.template) for one in body.doors}
    for words in (template, *own.values()):
        if words is not None:
            validate(words)
    recipients = tuple(dict.fromkeys(one.strip() for one in body.recipients if one.strip()))
    _check(recipients, "recipients")
    sender = From(**{name: value.strip() for name, value in body.sender.model_dump().items()})
    for name in ("address", "reply_to"):
        if getattr(sender, name):
            _check([getattr(sender, name)], f"sender.{name}")
    late = tuple(dict.fromkeys(one.strip() for one in body.overdue.recipients if one.strip()))
    _check(late, "overdue.recipients")
    return AlertSettings(
        template,
        recipients,
        own,
        frozenset(body.at_once),
        sender,
        body.link_days,
        storm=body.storm,
        fire_inhibits=body.fire_inhibits,
        overdue=Overdue(body.overdue.minutes, late, body.overdue.times),
    )


def _check(addresses: tuple[str, ...] | list[str], field: str) -> None:
    try:
        check_addresses(addresses)
    except AddressError as error:
        raise ApiError(
            422, str(error), field=f"{field}.{error.index}" if field.endswith("recipients") else field
        ) from None


def _template(words: alert_shapes.AlertTemplate | None) -> Template | None:
    """A template without a text is none."""
    return Template(words.subject, words.body) if words is not None and words.body.strip() else None


def _shown(template: Template | None) -> alert_shapes.AlertTemplate | None:
    return None if template is None else _words(template)


def _words(template: Template) -> alert_shapes.AlertTemplate:
    return alert_shapes.AlertTemplate(subject=template.subject, body=template.body)


def _alerts(conn: Connection, parts: Services, account: str) -> alert_shapes.AlertsShape:
    settings = read_settings(conn, account)
    server = parts.settings
    return alert_shapes.AlertsShape(
        template=_shown(settings.template),
        recipients=list(settings.recipients),
        doors=[
            alert_shapes.DoorWords(door_id=door, template=_shown(template)) for door, template in settings.doors.items()
        ],
        at_once=sorted(settings.at_once),
        sender=alert_shapes.SenderShape(
            address=settings.sender.address, name=settings.sender.name, reply_to=settings.sender.reply_to
        ),
        link_days=settings.link_days,
        storm=settings.storm,
        fire_inhibits=settings.fire_inhibits,
        overdue=alert_shapes.OverdueShape(
            minutes=settings.overdue.minutes,
            recipients=list(settings.overdue.recipients),
            times=settings.overdue.times,
        ),
        owners=owners(conn, account),
        mail_server=None if server.smtp_host is None else f"{server.smtp_host}:{server.smtp_port}",
        mail_from=server.mail_from,
    )
