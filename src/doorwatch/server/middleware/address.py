"""Addresses that nothing here can have: refused before any handler reads an id or a question out of them."""

from starlette.types import ASGIApp, Receive, Scope, Send

from doorwatch.server.errors import error_response

MOST_BYTES = 8192
"""Longest path and query together; a search of a thousand characters in any script is a tenth of it."""


class Addresses:
    """Refuses addresses that are too long, or that hold a NUL, which no database and no file system takes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "http":
            query = scope["query_string"]
            if len(scope.get("raw_path") or b"") + len(query) > MOST_BYTES:
                text = f"the address is longer than {MOST_BYTES} characters: ask for less at once"
                await error_response(414, text)(scope, receive, send)
                return
            if "\0" in scope["path"] or b"%00" in query or b"\0" in query:
                await error_response(400, "the address holds a NUL character, which nothing here has in its name")(
                    scope, receive, send
                )
                return
        await self._app(scope, receive, send)
