"""Where posts may go: names are resolved here, so that the address that was looked at is the one that is connected to."""

import socket
from collections.abc import Callable

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from doorwatch.alerts.channels.email import DeliveryError
from doorwatch.domain.reach import Reach


class ForbiddenError(OSError):
    """An address that alerts may not reach."""


class Guard(AbstractResolver):
    """Resolves names; `refuse` raises ForbiddenError for a host and an address of it that may not be reached."""

    def __init__(self, refuse: Callable[[str, str], None]) -> None:
        self._refuse = refuse
        self._inner = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host, all of which may be reached. Raises ForbiddenError."""
        found = await self._inner.resolve(host, port, family)
        for one in found:
            self._refuse(host, one["host"])
        return found

    async def close(self) -> None:
        """Let go of what resolves."""
        await self._inner.close()


def refuse(host: str, address: str, reach: Reach) -> None:
    """Raise ForbiddenError for an address that may not be reached; ValueError when it is no address."""
    if reach.refuses(address):
        text = f"the host {host} leads to {address}, which alerts may not reach"
        raise ForbiddenError(f"{text}; if they should, name its network in DOORWATCH_WEBHOOK_NETWORKS")


def unreached(error: Exception, whom: str, seconds: float, cure: str = "") -> DeliveryError:
    """Why a post did not come through, and whether to try again: not to where it must not go."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, ForbiddenError):
        return DeliveryError(str(cause), again=False)
    why = str(error) or f"no answer within {seconds:g} s"
    return DeliveryError(f"{whom} can't be reached ({why}){cure}", again=True)
