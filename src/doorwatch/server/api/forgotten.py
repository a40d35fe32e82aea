"""`/api/session/forgotten`: another password for who forgot the own one, by a link in a mail."""

from email.message import EmailMessage

import structlog
from fastapi import APIRouter, BackgroundTasks, Request

from doorwatch.accounts.forgotten import LINK_LIFE
from doorwatch.accounts.sessions import Visit
from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.alerts.letters import Way, Words, letter
from doorwatch.alerts.message import Sender
from doorwatch.domain.time import MINUTE, Micros, to_iso
from doorwatch.server.api import signing_in_shapes as forms
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import Parts, Trying
from doorwatch.server.cookies import visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.services import Services

router = APIRouter(tags=["session"], responses=ERRORS)

_log = structlog.get_logger(__name__)


@router.post("/api/session/forgotten", status_code=202, dependencies=[Trying])
async def forgot(
    body: forms.ForgottenPassword, request: Request, parts: Parts, afterwards: BackgroundTasks
) -> forms.ForgottenAsked:
    """Ask for a link with which to choose another password; it is mailed, and the answer is the same for any address."""
    if not parts.mails_links:
        raise ApiError(
            409,
            "this server can't mail a link (DOORWATCH_SMTP_HOST, DOORWATCH_PUBLIC_URL): ask an owner of your account for "
            "another password, or whoever runs this server",
        )
    # After the answer: neither what it says nor how long it takes tells who signs in here.
    afterwards.add_task(_mail_link, parts, body.email, visit_of(request, parts))
    return forms.ForgottenAsked(minutes=LINK_LIFE // MINUTE)


@router.post("/api/session/forgotten/check", dependencies=[Trying])
async def check_link(body: forms.ForgottenLink, parts: Parts) -> forms.ForgottenState:
    """Whose password a link replaces, and until when it is good."""
    user, ends = await parts.accounts.whose_forgotten(body.link.get_secret_value())
    return forms.ForgottenState(email=user.email, expires_at=to_iso(ends))


@router.post("/api/session/forgotten/password", status_code=204, dependencies=[Trying])
async def replace(body: forms.ReplacedPassword, request: Request, parts: Parts) -> None:
    """Choose another password with a link; all sessions of the person end, and nobody is signed in by it."""
    link, password = body.link.get_secret_value(), body.password.get_secret_value()
    await parts.accounts.replace_forgotten(link, password, visit_of(request, parts))


def forgotten_letter(email: str, url: str, sender: Sender, at: Micros) -> EmailMessage:
    """The mail that brings the link."""
    blocks = (
        Words("Somebody asked for another password for your sign-in to Doorwatch. If that was you, choose one here."),
        Way("Choose another password", url),
        Words(
            f"The link works once, and ends in {LINK_LIFE // MINUTE} minutes. A second factor stays as it is.\n"
            "If it was not you, leave it alone: your password stays as it is."
        ),
    )
    return letter(email, "Another password for Doorwatch", blocks, sender, at)


async def _mail_link(parts: Services, email: str, visit: Visit) -> None:
    asked = await parts.accounts.forgotten(email, visit)
    if asked is None or parts.mails is None:
        return
    user, secret = asked
    # Of the operator's own address, never of the request's: whoever asks could name another host there. Browsers send nothing
    # of an address after its #, so the secret is in no log.
    url = f"{(parts.settings.public_url or '').rstrip('/')}/forgotten#{secret}"
    mail = forgotten_letter(user.email, url, Sender(parts.settings.mail_from), parts.clock.now())
    try:
        await parts.mails.send(mail)
    except DeliveryError as error:
        _log.warning("link_not_mailed", account=user.account_id, problem=str(error))
