"""Headers that tell the browser what this site never does."""

import base64
import hashlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def policy(*styles: str) -> str:
    """The content security policy: nothing from elsewhere, nothing inline but style elements with these exact texts."""
    known = "".join(
        f" 'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" for style in styles
    )
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'{known}; connect-src 'self'; font-src 'self'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    )


_ALWAYS = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # A share link is a right: it must not leave with the next click.
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def raw_headers(*, secure: bool, private: bool) -> list[tuple[bytes, bytes]]:
    """The headers as they go over the wire; `private` answers must not be kept in caches."""
    headers = dict(_ALWAYS)
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if private:
        headers["Cache-Control"] = "no-store"
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class SecurityHeaders:
    """Adds the headers to every answer; what must not be kept in caches says so unless a handler said otherwise."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._private = raw_headers(secure=secure, private=True)
        self._public = raw_headers(secure=secure, private=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        ours = self._private if scope["path"].startswith(("/api/", "/share/")) else self._public

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                theirs = message["headers"]
                named = {name for name, _ in theirs}
                message["headers"] = [*theirs, *(header for header in ours if header[0] not in named)]
            await send(message)

        await self._app(scope, receive, sending)
