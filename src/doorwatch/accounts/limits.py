"""What a session has to do before anything else, and the usage notice that people accept."""

from enum import StrEnum

from sqlalchemy import Connection

from doorwatch.accounts import factors, methods
from doorwatch.accounts.sessions import note
from doorwatch.domain.time import Micros
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.people import notices
from doorwatch.store.people.factors import has_factor
from doorwatch.store.people.notices import Notice
from doorwatch.store.people.users import User


class Limit(StrEnum):
    """Why a session may do nothing yet but settle this."""

    PASSWORD = "password"  # noqa: S105 - what has to be settled
    """The password was made by the server: the person chooses one."""
    SECOND_FACTOR = "second_factor"
    """A second factor is required, or there, and was not shown."""
    USAGE_NOTICE = "usage_notice"
    """The account's usage notice was not accepted as it is now."""


def limit_of(conn: Connection, user: User, method: str | None) -> Limit | None:
    """What a session that was begun so has to settle first; None for one that may do what its person may."""
    if user.password_given_at is not None and method not in methods.BY_PROVIDER:
        return Limit.PASSWORD
    if _lacks_factor(conn, user, method):
        return Limit.SECOND_FACTOR
    notice = notices.get_notice(conn, user.account_id)
    if notice is not None and notices.accepted_notice(conn, user.account_id, user.user_id) != notice.version:
        return Limit.USAGE_NOTICE
    return None


def accept(conn: Connection, user: User, version: int, now: Micros, *, address: str | None) -> None:
    """Accept the notice of the account in which the person acts. Raises ConflictError for another text than there is."""
    notice = notices.get_notice(conn, user.account_id)
    if notice is None or notice.version != version:
        raise ConflictError("the usage notice was changed meanwhile: load the page again, and read the new one")
    if notices.accepted_notice(conn, user.account_id, user.user_id) != version:
        notices.accept_notice(conn, user.account_id, user.user_id, version)
        note(conn, user, "notice.accept", now, address, version=version)


def set_notice(
    conn: Connection, account: str, text: str, now: Micros, *, by: str, user_id: str | None, address: str | None
) -> Notice | None:
    """Set what everybody accepts from now on, or nothing; a changed text asks everybody again but who has written it."""
    former = notices.get_notice(conn, account)
    if (former.text if former else "") == text:
        return former
    notice = notices.set_notice(conn, account, text, now)
    if user_id is not None:
        notices.accept_notice(conn, account, user_id, notice.version)
    detail = {"version": notice.version, "before": former.text if former else None, "after": text or None}
    audit.record(conn, account, at=now, actor=by, action="notice.set", detail=detail, address=address)
    return notice if text else None


def _lacks_factor(conn: Connection, user: User, method: str | None) -> bool:
    if method in methods.TWO_FACTORS:
        return False
    # Whom a provider let in has shown us nothing yet; a second factor that is there is asked for.
    shown_nothing = method in methods.BY_PROVIDER and has_factor(conn, user.user_id)
    return shown_nothing or factors.is_required(conn, user.account_id)
