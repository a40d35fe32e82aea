"""The session's cookie: what the browser keeps, and how."""

from starlette.requests import Request
from starlette.responses import Response

from doorwatch.accounts import SignedIn
from doorwatch.server.services import Services
from doorwatch.server.settings import Settings

_NAME = "doorwatch_session"


def session_cookie(settings: Settings) -> str:
    """The cookie's name. Over TLS it says that no other host, not even a neighbour of the same domain, may set it."""
    return f"__Host-{_NAME}" if settings.secure_cookies else _NAME


def keep_session(response: Response, parts: Services, signed_in: SignedIn) -> None:
    """Give the browser the secret of a new session, where no script can read it."""
    response.set_cookie(
        session_cookie(parts.settings),
        signed_in.secret,
        max_age=max(0, (signed_in.expires_at - parts.clock.now()) // 1_000_000),
        path="/",
        secure=parts.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def forget_session(response: Response, parts: Services) -> None:
    """Take the secret away again."""
    response.delete_cookie(
        session_cookie(parts.settings), path="/", secure=parts.settings.secure_cookies, httponly=True
    )


def agent_of(request: Request) -> str | None:
    """What the browser calls itself, cut to what is kept with a session."""
    return request.headers.get("user-agent", "")[:200] or None
