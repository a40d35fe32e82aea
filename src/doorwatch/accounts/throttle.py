"""Slowing down who guesses passwords: by e-mail and by address, longer with every failure."""

import hashlib

from sqlalchemy import Connection

from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import HOUR, MINUTE, SECOND, Micros
from doorwatch.store import users
from doorwatch.store.users import Failures

FREE_TRIES = 5
"""So many failures in a row cost nothing; the address of an office gets more, since many people share it."""

FREE_TRIES_OF_ADDRESS = 30
LONGEST = 15 * MINUTE
FORGOTTEN_AFTER = 24 * HOUR


class TooManyAttemptsError(DoorwatchError):
    """Sign-in is refused for a while; `retry_after` is how many seconds."""

    def __init__(self, wait: Micros) -> None:
        self.retry_after = max(1, -(-wait // SECOND))
        unit = "second" if self.retry_after == 1 else "seconds"
        super().__init__(f"too many failed sign-ins: try again in {self.retry_after} {unit}")


def subjects_of(email: str, address: str | None) -> tuple[tuple[str, int], ...]:
    """Whose failures are counted, hashed, with how many each has free."""
    found = [(_hashed("email", email), FREE_TRIES)]
    if address is not None:
        found.append((_hashed("address", address), FREE_TRIES_OF_ADDRESS))
    return tuple(found)


def check(conn: Connection, email: str, address: str | None, now: Micros) -> None:
    """Raises TooManyAttemptsError while sign-in is refused for the e-mail or the address."""
    blocked_until = max(users.get_failures(conn, subject).blocked_until for subject, _ in subjects_of(email, address))
    if blocked_until > now:
        raise TooManyAttemptsError(blocked_until - now)


def failed(conn: Connection, email: str, address: str | None, now: Micros) -> None:
    """Count a failed sign-in."""
    for subject, free in subjects_of(email, address):
        users.set_failures(conn, subject, one_more(users.get_failures(conn, subject), free, now))


def succeeded(conn: Connection, email: str, address: str | None = None) -> None:
    """Forget the failures of an e-mail, and of an address the one that was counted in advance.

    An address keeps its others, or signing in to one's own account would cover guessing at somebody else's.
    """
    users.clear_failures(conn, _hashed("email", email))
    if address is not None:
        subject = _hashed("address", address)
        former = users.get_failures(conn, subject)
        if former.failures:
            users.set_failures(conn, subject, Failures(former.failures - 1, former.last_at, 0))


def one_more(former: Failures, free: int, now: Micros) -> Failures:
    """The failures after one more: from the first that is not free on the wait doubles, up to a quarter of an hour."""
    count = 1 if now - former.last_at > FORGOTTEN_AFTER else former.failures + 1
    wait = 0 if count < free else min(LONGEST, SECOND << min(count - free, 20))
    return Failures(count, now, now + wait if wait else 0)


def _hashed(kind: str, text: str) -> str:
    return hashlib.sha256(f"{kind}:{text.casefold()}".encode()).hexdigest()
