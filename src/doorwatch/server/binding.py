"""Where a server listens, and how it is reached there. Loads next to nothing, as it comes before everything else."""

import socket

from doorwatch.domain.errors import DoorwatchError
from doorwatch.server.settings import Settings


class ServeError(DoorwatchError):
    """The server can't start; the text says why and what to do."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, but does not listen yet. Raises ServeError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ServeError(
            f"{host} port {port} can't be used ({reason}): stop what listens there, or choose another --port or --host"
        ) from error
    return bound


def address(settings: Settings) -> str:
    """The address for people."""
    if settings.public_url or settings.tls_cert is None:
        return settings.public_url or local_address(settings)
    return _at("https", settings)


def setup_address(settings: Settings, secret: str) -> str:
    """The address of a set-up link; the secret stands where browsers keep it to themselves, out of every log."""
    return f"{address(settings).rstrip('/')}/setup#{secret}"


def local_address(settings: Settings) -> str:
    """The address for this machine's own programs; where TLS is spoken, a door without it that only they can reach."""
    if settings.tls_cert is not None:
        return f"http://127.0.0.1:{settings.local_port}"
    return _at("http", settings)


def _at(scheme: str, settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    return f"{scheme}://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"
