"""Names under which this server is called: a name of somebody else's that leads here (DNS rebinding) is none of them.

A page at such a name would be of one origin with us and could read what a browser may read. Addresses written as numbers
can't be taken over so, and machines that bring a token carry nothing that a browser adds by itself.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from doorwatch.server.errors import error_response

_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})


def own_names(host: str, public_url: str | None, further: str) -> frozenset[str]:
    """The names of a server: those of its settings, this machine's own ones without a public address, and localhost."""
    names = {"localhost", host, *filter(None, (name.strip() for name in further.split(",")))}
    if public_url:
        names.add(urlsplit(public_url).hostname or "")
    else:
        names |= {socket.gethostname(), socket.getfqdn()}
    return frozenset(name.lower().rstrip(".") for name in names if name)


def host_of(header: str) -> str:
    """The name in a Host header, without its port; empty when it is none."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


class Hosts:
    """Refuses requests and sockets without a token that name another host than this one."""

    def __init__(self, app: ASGIApp, *, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] in {"http", "websocket"} and scope["path"] not in _PROBES:
            headers = Headers(scope=scope)
            if "authorization" not in headers and not self._known(headers.get("host", "")):
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1008})
                    return
                text = (
                    "this server is not called so: open it at its own address, or name the host in DOORWATCH_PUBLIC_URL or "
                    "DOORWATCH_ALLOWED_HOSTS"
                )
                await error_response(421, text)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _known(self, header: str) -> bool:
        name = host_of(header)
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return False
        return True
