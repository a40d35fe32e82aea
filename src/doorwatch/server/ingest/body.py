"""What the ingest routes share: who posts, what the body says, and how the answer looks."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from doorwatch.server.auth import admitted, caller_of
from doorwatch.server.errors import ApiError
from doorwatch.server.ingest.batch import ItemError
from doorwatch.server.metrics import REFUSED, STORED
from doorwatch.server.middleware.log import ROUTE_MARK
from doorwatch.server.permissions import Caller, Permission
from doorwatch.server.services import Services, services_of

_encode = msgspec.json.Encoder().encode


def lean_route(path: str, handler: Any, method: str) -> Route:
    """A route without the framework's validation; its pattern is kept for the log."""
    setattr(handler, ROUTE_MARK, path)
    return Route(path, handler, methods=[method])


def answer(body: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(_encode(body), status, media_type="application/json")


async def admit(request: Request, permission: Permission) -> tuple[Services, Caller]:
    """The server's parts and the token's owner. Raises ApiError with 401, 403 or 503."""
    parts = services_of(request)
    return parts, admitted(await caller_of(request), permission)


async def json_body(request: Request) -> Any:
    """The body. Raises ApiError with 422 when it is no JSON."""
    try:
        return msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(422, f"the body is not JSON: {error}") from None


def partly(kind: str, stored: int, errors: list[dict[str, Any]], **more: object) -> Response:
    """The answer to a batch: 200 when all of it is stored, else 422 that names the others."""
    STORED.labels(kind).inc(stored)
    if not errors:
        return answer({"stored": stored, **more})
    REFUSED.labels(kind).inc(len(errors))
    errors = sorted(errors, key=lambda item: item["index"])
    first = errors[0]
    sentence = f"{len(errors)} of the items can't be stored, the others are; item {first['index']}: {first['error']}"
    return answer({"error": sentence, "stored": stored, "errors": errors, **more}, 422)


def whole(error: ItemError) -> ApiError:
    """The answer to a body that is wrong as a whole."""
    return ApiError(422, str(error), field=error.field, stored=0, errors=[])
