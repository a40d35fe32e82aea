"""The server as one ASGI application: routes, middlewares, and what lives as long as it does."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from doorwatch import __version__
from doorwatch.domain.time import Clock, SystemClock
from doorwatch.server import errors
from doorwatch.server.api import (
    accounts,
    alert_rules,
    alerts,
    audit,
    callbacks,
    camera_lists,
    cameras,
    cardholders,
    clothing,
    commissioning,
    deliveries,
    door_history,
    door_restore,
    doors,
    exports,
    factors,
    forgotten,
    gateways,
    health,
    holds,
    incidents,
    integrations,
    invitations,
    last_events,
    members,
    moments,
    notice,
    notifications,
    overview,
    passkeys,
    playable,
    proposals,
    query_hooks,
    recordings,
    replay,
    report_schedules,
    reports,
    reviewing,
    saved_searches,
    search,
    search_files,
    session,
    sessions,
    setup,
    share,
    sign_on,
    silences,
    sites,
    timeline,
    tokens,
    webhooks,
)
from doorwatch.server.ingest import analyzer as analyzer_ingest
from doorwatch.server.ingest import pacs as pacs_ingest
from doorwatch.server.ingest import walks as walks_ingest
from doorwatch.server.ingest.lane import EventLane
from doorwatch.server.live.sockets import analyzer_stream, live_video
from doorwatch.server.middleware.address import Addresses
from doorwatch.server.middleware.body import Bodies
from doorwatch.server.middleware.headers import SecurityHeaders
from doorwatch.server.middleware.hosts import Hosts, own_names
from doorwatch.server.middleware.log import RequestLog
from doorwatch.server.middleware.origin import SameOrigin
from doorwatch.server.page import page_route
from doorwatch.server.permissions import Permission, needs
from doorwatch.server.services import Services
from doorwatch.server.settings import Settings

_ROOMS = (session, cameras, doors, incidents, reviewing, moments, tokens, reports, share, health)
_SEARCHING = (search, search_files, saved_searches)
_LOOKING_BACK = (recordings, replay, playable, timeline, overview, report_schedules)
_TELLING = (alerts, alert_rules, callbacks, deliveries, notifications, query_hooks, silences, webhooks)
_SETTING_UP = (
    setup,
    sessions,
    camera_lists,
    door_history,
    door_restore,
    last_events,
    integrations,
    gateways,
    commissioning,
    proposals,
)
_PEOPLE = (
    accounts,
    audit,
    cardholders,
    clothing,
    exports,
    factors,
    forgotten,
    holds,
    invitations,
    members,
    notice,
    passkeys,
    sign_on,
    sites,
)


class Application(FastAPI):
    """The framework's application; the short way for events is in front of all of it."""

    def __init__(self, *, monotonic: Callable[[], float], secure: bool, **options: Any) -> None:
        super().__init__(**options)
        self.lane = EventLane(super().__call__, monotonic=monotonic, secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one socket, or the lifespan."""
        await self.lane(scope, receive, send)


def create_app(
    settings: Settings, clock: Clock | None = None, services: Services | None = None, *, with_workers: bool = True
) -> Application:
    """The server's application.

    Its lifespan opens database and folders and starts the workers; with `services`, those are used, and closed at the
    end as well. Without workers it answers requests and judges nothing.
    """
    clock = clock or SystemClock()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        parts = services or await Services.open(settings, clock)
        if with_workers:
            parts.start()
        app.state.services = parts
        app.lane.open(parts)
        try:
            yield
        finally:
            app.lane.close()
            del app.state.services
            await parts.stop()

    app = Application(
        monotonic=clock.monotonic,
        secure=settings.secure_cookies,
        title="Doorwatch",
        version=__version__,
        description="Doors, cameras, incidents and search. Producers' ingest is described in the guide.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[
            Middleware(RequestLog, monotonic=clock.monotonic),
            Middleware(SecurityHeaders, secure=settings.secure_cookies),
            Middleware(Addresses),
            Middleware(Hosts, names=own_names(settings.host, settings.public_url, settings.allowed_hosts)),
            Middleware(SameOrigin, public_url=settings.public_url),
            Middleware(Bodies),
        ],
    )
    errors.install(app)
    for route in app.router.routes:
        if isinstance(route, Route):  # the OpenAPI document, which is all there is yet
            needs(Permission.PUBLIC)(route.endpoint)
    # Ingest first: the hot path is matched before anything else.
    app.router.routes[:0] = [
        *pacs_ingest.ROUTES,
        *analyzer_ingest.ROUTES,
        *walks_ingest.ROUTES,
        WebSocketRoute("/api/analyzer/stream", analyzer_stream),
        WebSocketRoute("/api/live", live_video),
    ]
    for room in (*_ROOMS, *_SEARCHING, *_TELLING, *_LOOKING_BACK, *_SETTING_UP, *_PEOPLE):
        app.include_router(room.router)
    app.router.routes.append(page_route())
    return app
