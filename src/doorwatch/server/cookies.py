"""Cookies: the session's, and the mark by which a browser is known again."""

from starlette.requests import Request
from starlette.responses import Response

from doorwatch.accounts import SignedIn, Visit
from doorwatch.accounts.devices import DEVICE_LIFE
from doorwatch.accounts.sign_on.attempt import LIFE
from doorwatch.domain.time import SECOND
from doorwatch.server.services import Services
from doorwatch.server.settings import Settings


def session_cookie(settings: Settings) -> str:
    """The name of the session's cookie."""
    return _named("doorwatch_session", settings)


def device_cookie(settings: Settings) -> str:
    """The name of the mark by which a browser is known again."""
    return _named("doorwatch_browser", settings)


def attempt_cookie(settings: Settings) -> str:
    """The name of what a browser keeps while it is at the provider."""
    return _named("doorwatch_sign_on", settings)


def _named(name: str, settings: Settings) -> str:
    """Over TLS the name says that no other host, not even a neighbour of the same domain, may set the cookie."""
    return f"__Host-{name}" if settings.secure_cookies else name


def keep_session(response: Response, parts: Services, signed_in: SignedIn) -> None:
    """Give the browser the secret of a new session, where no script can read it."""
    response.set_cookie(
        session_cookie(parts.settings),
        signed_in.secret,
        max_age=max(0, (signed_in.expires_at - parts.clock.now()) // SECOND),
        path="/",
        secure=parts.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    if signed_in.device is not None:
        response.set_cookie(
            device_cookie(parts.settings),
            signed_in.device,
            max_age=DEVICE_LIFE // SECOND,
            path="/",
            secure=parts.settings.secure_cookies,
            httponly=True,
            samesite="strict",
        )


def keep_attempt(response: Response, parts: Services, kept: str) -> None:
    """Have the browser remember which sign-in it began; the page itself, which is of this site, sends it back."""
    response.set_cookie(
        attempt_cookie(parts.settings),
        kept,
        max_age=LIFE // SECOND,
        path="/",
        secure=parts.settings.secure_cookies,
        httponly=True,
        samesite="strict",
    )


def forget_attempt(response: Response, parts: Services) -> None:
    """Whatever came of it: an attempt is finished once."""
    response.delete_cookie(
        attempt_cookie(parts.settings), path="/", secure=parts.settings.secure_cookies, httponly=True
    )


def forget_session(response: Response, parts: Services) -> None:
    """Take the secret away again."""
    response.delete_cookie(
        session_cookie(parts.settings), path="/", secure=parts.settings.secure_cookies, httponly=True
    )


def visit_of(request: Request, parts: Services) -> Visit:
    """From where somebody signs in."""
    return Visit(
        request.client.host if request.client else None,
        request.headers.get("user-agent", "")[:200] or None,
        request.cookies.get(device_cookie(parts.settings)),
        request.cookies.get(session_cookie(parts.settings)),
    )
