"""Slowing down who guesses passwords, longer with every failure, without shutting out whom they guess at.

Failures are counted apart for each browser that is known (see `devices`), and else for each e-mail from each address. So
whoever knows an e-mail cannot keep its owner out: their failures are not those of the owner's browser, nor of the
owner's address. What strangers do from everywhere together is counted as well, with many tries free: that slows down who
guesses from many addresses, and does not concern known browsers.
"""

import hashlib
import ipaddress

from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import HOUR, MINUTE, SECOND, Micros
from doorwatch.store.people import users
from doorwatch.store.people.users import Failures

FREE_TRIES = 5
"""So many failures in a row cost nothing; the address of an office gets more, since many people share it."""

FREE_TRIES_OF_ADDRESS = 30
FREE_TRIES_OF_STRANGERS = 100
LONGEST = 15 * MINUTE
FORGOTTEN_AFTER = 24 * HOUR


class TooManyAttemptsError(DoorwatchError):
    """Sign-in is refused for a while; `retry_after` is how many seconds."""

    def __init__(self, wait: Micros) -> None:
        self.retry_after = max(1, -(-wait // SECOND))
        unit = "second" if self.retry_after == 1 else "seconds"
        super().__init__(f"too many failed sign-ins: try again in {self.retry_after} {unit}")


def subjects_of(email: str, address: str | None, device: str | None) -> tuple[tuple[str, int], ...]:
    """Whose failures are counted, hashed, with how many each has free; `device` is the number of a known browser."""
    person = _hashed("email", email)
    if device is not None:
        return ((f"{person}/{_hashed('device', device)}", FREE_TRIES),)
    network = network_of(address)
    found = [(f"{person}/{_hashed('address', network)}", FREE_TRIES), (person, FREE_TRIES_OF_STRANGERS)]
    if address is not None:
        found.append((_hashed("address", network), FREE_TRIES_OF_ADDRESS))
    return tuple(found)


def check(conn: Connection, email: str, address: str | None, now: Micros, *, device: str | None = None) -> None:
    """Raises TooManyAttemptsError while sign-in is refused to whoever comes from there."""
    subjects = subjects_of(email, address, device)
    blocked_until = max(users.get_failures(conn, subject).blocked_until for subject, _ in subjects)
    if blocked_until > now:
        raise TooManyAttemptsError(blocked_until - now)


def failed(conn: Connection, email: str, address: str | None, now: Micros, *, device: str | None = None) -> None:
    """Count a failed sign-in."""
    for subject, free in subjects_of(email, address, device):
        users.set_failures(conn, subject, one_more(users.get_failures(conn, subject), free, now))


def succeeded(conn: Connection, email: str, address: str | None = None, *, device: str | None = None) -> None:
    """Forget the failures of an e-mail from there, and of all others the one that was counted in advance.

    They keep their others, or signing in to one's own account would cover guessing at somebody else's, and the owner's
    sign-ins would give strangers new tries.
    """
    (own, _), *others = subjects_of(email, address, device)
    users.clear_failures(conn, own)
    for subject, _ in others:
        former = users.get_failures(conn, subject)
        if former.failures:
            users.set_failures(conn, subject, Failures(former.failures - 1, former.last_at, 0))


def forget(conn: Connection, email: str) -> None:
    """Forget all failures of an e-mail: its owner got a new password, which nobody guesses at."""
    users.clear_failures_from(conn, _hashed("email", email))
    users.clear_failures_from(conn, _hashed("email", f"second factor of {email}"))


def one_more(former: Failures, free: int, now: Micros) -> Failures:
    """The failures after one more: from the first that is not free on the wait doubles, up to a quarter of an hour."""
    count = 1 if now - former.last_at > FORGOTTEN_AFTER else former.failures + 1
    wait = 0 if count < free else min(LONGEST, SECOND << min(count - free, 20))
    return Failures(count, now, now + wait if wait else 0)


def network_of(address: str | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one machine has to itself with IPv6."""
    try:
        given = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(given, ipaddress.IPv6Address):
        mapped = given.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((given, 64), strict=False))
    return str(given)


def _hashed(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text.casefold()}".encode()).hexdigest()
