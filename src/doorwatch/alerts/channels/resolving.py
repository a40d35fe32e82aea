"""From a host's name to the one address that is connected to, after it was looked at."""

import asyncio
import socket

from doorwatch.alerts.channels.guard import refuse
from doorwatch.domain.reach import Reach


async def resolved(host: str, port: int, reach: Reach) -> str:
    """The very address that was looked at is used: a name that changes its mind in between gains nothing.

    Raises ForbiddenError when any of the host's addresses may not be reached, OSError when it has none.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    for one in addresses:
        refuse(host, one, reach)
    return addresses[0]
