"""What routes have in common in the OpenAPI document: the forms of their errors."""

from typing import Any

from doorwatch.server.api.shapes import ErrorAnswer

_CAUSES = {
    400: "The request can't be read",
    401: "Nobody is signed in",
    403: "The permission is missing",
    404: "There is no such thing",
    409: "It exists already, changed in the meantime, or needs something that is not connected",
    413: "The body is too large",
    422: "A value is wrong; `field` names it",
    429: "Too many tries; `Retry-After` tells when the next may work",
    503: "The server is starting, or its database is away",
}

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": cause} for status, cause in _CAUSES.items()
}

MEDIA: dict[str, dict[int | str, dict[str, Any]]] = {
    kind: {
        200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}, "description": "The file"},
        206: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}, "description": "A part of it"},
        416: {"description": "There is no such range in the file"},
    }
    for kind in ("image/jpeg", "video/mp4")
}
