"""What the handlers of one server share: settings, clock, database, blobs, and the hubs that publish."""

from dataclasses import dataclass, field

from fastapi import Request
from starlette.requests import HTTPConnection

from doorwatch.domain.time import Clock
from doorwatch.server.settings import Settings


@dataclass(slots=True)
class Services:
    """The parts of a running server."""

    settings: Settings
    clock: Clock


def services_of(connection: HTTPConnection) -> Services:
    """The parts of the server that this connection belongs to."""
    services = connection.app.state.services
    assert isinstance(services, Services)  # noqa: S101 - the lifespan puts it there
    return services
