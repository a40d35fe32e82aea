"""Every request gets an id, one log line, and its place in the metrics. No query, no body, no secret is written."""

import itertools
import logging
import re
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorwatch.server.metrics import REGISTRY

REQUESTS = Counter(
    "doorwatch_http_requests", "Requests by method, route and status", ("method", "route", "status"), registry=REGISTRY
)
SECONDS = Histogram(
    "doorwatch_http_request_seconds",
    "Seconds until the answer was sent",
    ("method", "route"),
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

ROUTE_MARK = "__doorwatch_route__"
"""Where a handler of a lean route keeps its route's pattern: the framework tells it for its own routes alone."""

_PROCESS = secrets.token_hex(6)
_NUMBERS = itertools.count(1)
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_log = structlog.get_logger("doorwatch.server.requests")


class RequestLog:
    """Names, logs and measures requests."""

    def __init__(self, app: ASGIApp, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else new_request_id()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = self._monotonic()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._note(scope, status, self._monotonic() - started)
            structlog.contextvars.unbind_contextvars("request_id")

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's pattern, never the path: paths hold ids, and share links hold a right.
        route = getattr(scope.get("route"), "path", None) or getattr(scope.get("endpoint"), ROUTE_MARK, "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        note_request(method, str(route), status, seconds)


def new_request_id() -> str:
    """An id that no other request has, on any replica. Numbered, since randomness for each costs a system call."""
    return f"{_PROCESS}-{next(_NUMBERS):x}"


def note_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count and log a request that was answered; `route` is the route's pattern."""
    note_requests(method, route, status, (seconds,))


def note_requests(method: str, route: str, status: int, waits: Sequence[float]) -> None:
    """Count and log requests that were answered alike, each after so many seconds."""
    counter, histogram = _measures(method, route, status)
    counter.inc(len(waits))
    if route != "/api/events":
        for seconds in waits:
            histogram.observe(seconds)
    level = logging.WARNING if status >= 500 else logging.INFO if status >= 400 else logging.DEBUG
    if route in _QUIET or not _log.is_enabled_for(level):
        return
    for seconds in waits:
        _log.log(level, "request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


@lru_cache(4096)
def _measures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, status), SECONDS.labels(method, route)
