"""The usage notice of an account, and who has accepted which version of it, as rows."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from doorwatch.domain.time import Micros
from doorwatch.store import settings
from doorwatch.store.schema.people import memberships

_NAME = "usage_notice"


@dataclass(frozen=True, slots=True)
class Notice:
    """What people accept before they use the account; `version` counts up with each change of the text."""

    text: str
    version: int
    set_at: Micros


def get_notice(conn: Connection, account: str) -> Notice | None:
    """The account's notice; None where there is none."""
    found = settings.get_setting(conn, account, _NAME)
    return Notice(found["text"], found["version"], found["set_at"]) if found and found["text"] else None


def set_notice(conn: Connection, account: str, text: str, now: Micros) -> Notice:
    """Set the text, or take it away with an empty one; the version counts on."""
    former = settings.get_setting(conn, account, _NAME)
    notice = Notice(text, (former["version"] if former else 0) + 1, now)
    value = {"text": notice.text, "version": notice.version, "set_at": notice.set_at}
    settings.set_setting(conn, account, _NAME, value, now)
    return notice


def accept_notice(conn: Connection, account: str, user_id: str, version: int) -> None:
    """Note that a person has accepted this version."""
    mine = update(memberships).where(memberships.c.account_id == account, memberships.c.user_id == user_id)
    conn.execute(mine.values(accepted_notice=version))


def accepted_notice(conn: Connection, account: str, user_id: str) -> int | None:
    """The version that a person has accepted last; None for none."""
    mine = select(memberships.c.accepted_notice)
    mine = mine.where(memberships.c.account_id == account, memberships.c.user_id == user_id)
    found: int | None = conn.execute(mine).scalar()
    return found
