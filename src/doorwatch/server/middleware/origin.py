"""Requests that change something in a person's name must come from our own page.

A browser sends the session's cookie along with whatever another site makes it send, but it lets only our own page add
the header `X-Doorwatch`; and it says itself from where a request comes. Machines, which bring a token, are not concerned.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from doorwatch.server.errors import error_response

_OWN_SITE = frozenset({"same-origin", "none"})
_FORMS = "/share/"
"""The form of a shared link has no script, and its page names no origin: nothing there is done in a person's name."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def same_origin(headers: Headers, public_url: str | None) -> bool:
    """Whether the request's Origin, if it has one, is this site."""
    origin = headers.get("origin")
    if origin is None:
        return True
    theirs = urlsplit(origin).netloc.lower()
    ours = {headers.get("host", "").lower()}
    if public_url:
        ours.add(urlsplit(public_url).netloc.lower())
    return bool(theirs) and theirs in ours


class SameOrigin:
    """Refuses unsafe requests that bring no token and do not come from our page."""

    def __init__(self, app: ASGIApp, *, public_url: str | None) -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "http" and scope["method"] not in _SAFE and not scope["path"].startswith(_FORMS):
            headers = Headers(scope=scope)
            if "authorization" not in headers:
                refusal = None
                if headers.get("x-doorwatch") != "1":
                    refusal = "this looks like a request from another site: send the header X-Doorwatch: 1, or a token"
                elif headers.get("sec-fetch-site", "same-origin") not in _OWN_SITE or not same_origin(
                    headers, self._public_url
                ):
                    refusal = (
                        "the request comes from another site: open Doorwatch at its own address, or set public_url"
                    )
                if refusal:
                    await error_response(403, refusal)(scope, receive, send)
                    return
        await self._app(scope, receive, send)
