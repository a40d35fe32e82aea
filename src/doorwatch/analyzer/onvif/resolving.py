"""Looks up the names of cameras that are asked over HTTP; apart, so that a camera's process need not load an HTTP library."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from doorwatch.analyzer.reaching import refuse
from doorwatch.domain.reach import Reach


class CameraResolver(AbstractResolver):
    """Looks names up for HTTP, and refuses those that lead where no camera may be."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._inner = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises ForbiddenCameraError, OSError."""
        found = await self._inner.resolve(host, port, family)
        refuse(host, (one["host"] for one in found), self._reach)
        return found

    async def close(self) -> None:
        """Let go of it."""
        await self._inner.close()
