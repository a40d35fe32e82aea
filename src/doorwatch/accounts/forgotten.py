"""A forgotten password: a link by mail, good once and for an hour, with which its person chooses another one.

No row is needed: the link tells whose it is and until when it is good, under an HMAC that also covers the hash of the
password as it is now. So it ends with the next password, whoever sets that. It replaces a password and nothing else: it
signs nobody in, and a second factor is asked for afterwards as before.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from sqlalchemy import Connection

from doorwatch.accounts.users import AccountsError
from doorwatch.domain.time import HOUR, MINUTE, Micros
from doorwatch.store.people import users as rows
from doorwatch.store.people.users import Failures, User

LINK_LIFE = HOUR
LONGEST_PAUSE = 30 * MINUTE
"""Shorter than a link lives: whoever keeps asking in somebody's name leaves them with one that is good."""

_ANOTHER = "ask for another on the sign-in page"


class ForgottenLinkError(AccountsError):
    """A link that replaces no password; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class ForgottenLinks:
    """Makes such links, as the part after their #, and knows them again."""

    key: bytes = field(repr=False)

    def make(self, user: User, now: Micros) -> str:
        """A link for this person."""
        ends = now + LINK_LIFE
        return f"{user.user_id}.{ends}.{self._sum(user, ends)}"

    def whose(self, conn: Connection, link: str, now: Micros) -> tuple[User, Micros]:
        """Whose link it is, and until when it is good. Raises ForgottenLinkError."""
        user_id, _, rest = link.partition(".")
        ends, _, proof = rest.partition(".")
        user = rows.find_by_id(conn, user_id)
        if (
            user is None
            or not ends.isdecimal()
            or not hmac.compare_digest(proof.encode(), self._sum(user, ends).encode())
        ):
            raise ForgottenLinkError(f"this link is not known, or its password was replaced since: {_ANOTHER}")
        if int(ends) <= now or user.disabled:
            raise ForgottenLinkError(f"this link has ended: {_ANOTHER}")
        return user, int(ends)

    def _sum(self, user: User, ends: Micros | str) -> str:
        covered = f"{user.user_id}|{ends}|{user.password_hash}"
        return hmac.new(self.key, covered.encode(), hashlib.sha256).hexdigest()


def another_mail(conn: Connection, user: User, now: Micros) -> bool:
    """Whether one more mail may go to a person, which is counted by that: the pause between two doubles, up to half an hour."""
    subject = hashlib.sha256(f"forgotten:{user.user_id}".encode()).hexdigest()
    former = rows.get_failures(conn, subject)
    if former.blocked_until > now:
        return False
    pause = min(LONGEST_PAUSE, MINUTE << min(former.failures, 10))
    rows.set_failures(conn, subject, Failures(former.failures + 1, now, now + pause))
    return True
