"""How often one caller may ask: whoever runs wild is slowed down before others wait, and nobody else is.

A session and a token for the API each have an allowance of their own. Who is not signed in has that of the network they come
from, and only where a secret is tried or a provider of single sign-on is asked: so strangers take nothing from whoever is
signed in, and nothing from other networks. Producers have limits of their own, by what they store.
"""

from collections.abc import Callable

from doorwatch.accounts.throttle import network_of
from doorwatch.server.errors import ApiError
from doorwatch.server.ingest.allowance import Allowances
from doorwatch.server.metrics import LIMITED
from doorwatch.server.permissions import Caller, Permission

STRANGERS_RATE = 5
"""Tries a second from one network: an office signs in within minutes, and who guesses at secrets of 128 bits gains nothing."""

_NOT_COUNTED = frozenset({Permission.PACS_WRITE, Permission.ANALYZER_WRITE, Permission.INSTALLATION})
"""Machines whose posts are limited by what they hold, and the commands on the server's own machine."""


class Limits:
    """Allowances of requests for each caller; `rate` is requests a second, `monotonic` tells seconds."""

    def __init__(self, rate: float, monotonic: Callable[[], float]) -> None:
        self._callers = Allowances(rate, monotonic)
        self._strangers = Allowances(STRANGERS_RATE, monotonic)

    def count(self, caller: Caller) -> None:
        """Count a request of somebody who is known. Raises ApiError with 429 when it is one too many."""
        if caller.permissions & _NOT_COUNTED:
            return
        kind, name = ("token", caller.token_id) if caller.token_id is not None else ("session", caller.session_id)
        _refuse(kind, self._callers.take(f"{kind} {name}", 1), f"this {kind} asks too often (DOORWATCH_REQUEST_RATE)")

    def count_stranger(self, address: str | None) -> None:
        """Count a try of whoever is not signed in. Raises ApiError with 429 when it is one too many."""
        wait = self._strangers.take(network_of(address), 1)
        _refuse("stranger", wait, "there are too many tries from your network")


def _refuse(kind: str, seconds: int, why: str) -> None:
    if seconds:
        LIMITED.labels(kind).inc()
        unit = "second" if seconds == 1 else "seconds"
        raise ApiError(429, f"{why}: try again in {seconds} {unit}", headers={"Retry-After": str(seconds)})
