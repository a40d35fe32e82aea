"""The server as one ASGI application: routes, middlewares, and what lives as long as it does."""

from fastapi import FastAPI

from doorwatch import __version__
from doorwatch.server import errors
from doorwatch.server.api import alerts, cameras, doors, incidents, reports, search, session, tokens
from doorwatch.server.settings import Settings


def create_app(settings: Settings) -> FastAPI:
    """The server's application; its lifespan opens the database and starts the workers."""
    app = FastAPI(title="Doorwatch", version=__version__, docs_url=None, redoc_url=None)
    errors.install(app)
    for room in (session, cameras, doors, incidents, search, tokens, alerts, reports):
        app.include_router(room.router)
    return app
