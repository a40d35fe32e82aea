"""The web page: built files out of the package, and a page that says how to build them when they are missing."""

import asyncio
import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from doorwatch.server.permissions import Permission, needs

PAGE_FOLDER = Path(__file__).parent / "ui"

_NOT_PAGES = ("/api/", "/share/", "/assets/")
_FOR_EVER = "public, max-age=31536000, immutable"
_PACKED = (".js", ".css")
"""These are three times smaller packed; other files are small, or packed already."""

_MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Doorwatch</title>
<body>
<h1>Doorwatch is running, but its page was not built</h1>
<p>Run <code>make ui</code> in the checkout, then reload. An installed package brings the page with it.</p>
<p>The API works as it is: see <a href="/openapi.json">/openapi.json</a>.</p></body></html>"""


def page_route(folder: Path = PAGE_FOLDER) -> Route:
    """The route that serves the page's files, and the page itself for every address that is one of its views."""

    @needs(Permission.PUBLIC)
    async def page(request: Request) -> Response:
        """The web page and its files."""
        path = request.path_params["path"]
        index = folder / "index.html"
        if not index.is_file():
            if path.startswith("assets/"):
                raise HTTPException(404)
            return HTMLResponse(_MISSING, 503 if path else 200)
        found = _file(folder, path)
        # Only these have a hash in their name.
        kept = _FOR_EVER if path.startswith("assets/") else "no-cache"
        if found is not None and path.endswith(_PACKED) and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                await asyncio.to_thread(_packed, found, found.stat().st_mtime_ns),
                media_type=mimetypes.guess_type(found.name)[0],
                headers={"Cache-Control": kept, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
            )
        if found is not None:
            return FileResponse(found, headers={"Cache-Control": kept})
        if f"/{path}".startswith(_NOT_PAGES):
            raise HTTPException(404)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})

    return Route("/{path:path}", page, methods=["GET"], name="page")


def _file(folder: Path, path: str) -> Path | None:
    """A file under the folder; None when there is none, or when the path leads out of it."""
    if not path or "\x00" in path or len(path) > 500:
        return None
    found = (folder / path).resolve()
    return found if found.is_relative_to(folder.resolve()) and found.is_file() else None


@lru_cache(maxsize=64)
def _packed(file: Path, changed: int) -> bytes:  # noqa: ARG001 - a file that changed is packed anew
    """A file's bytes as gzip, packed once and kept: the whole program is some hundred kilobytes."""
    return gzip.compress(file.read_bytes(), 9, mtime=0)
