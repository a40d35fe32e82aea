"""Users: adding, changing and recognising them. Plain functions on a connection, for server and command line alike."""

import re

from sqlalchemy import Connection

from doorwatch.accounts import throttle
from doorwatch.accounts.passwords import Passwords, problem_with
from doorwatch.accounts.roles import Role
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import DAY, Micros
from doorwatch.store.audit_trail import audit
from doorwatch.store.people import users as rows
from doorwatch.store.people.users import User

GIVEN_FOR = 7 * DAY
"""For so long a password signs in that the server made and its person has not replaced."""

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


class AccountsError(DoorwatchError, ValueError):
    """Something about a user or token cannot be done; the text says why and what to do."""


class WrongCredentialsError(DoorwatchError):
    """E-mail and password do not fit; which of them is not said."""

    def __init__(self) -> None:
        super().__init__("e-mail or password is wrong: try again, or ask an owner of the account for a new password")


class GivenPasswordEndedError(DoorwatchError):
    """The password fits, and was made by the server too long ago."""

    def __init__(self) -> None:
        super().__init__(
            f"this password was made for your first sign-in, within {GIVEN_FOR // DAY} days, and has ended: ask an owner of "
            "the account for a new one"
        )


class PasswordsOffError(DoorwatchError):
    """The password fits, and passwords sign nobody in here."""

    def __init__(self) -> None:
        super().__init__("passwords sign nobody in here: use the button for single sign-on")


def normal_email(email: str) -> str:
    """An e-mail as it is kept and compared; raises AccountsError when it is none."""
    kept = email.strip().casefold()
    if len(kept) > 254 or not _EMAIL.fullmatch(kept):
        raise AccountsError(f"{email.strip()!r} is no e-mail address; write one such as guard@example.com")
    return kept


def add_user(
    conn: Connection,
    account: str,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    role: Role,
    now: Micros,
    by: str,
    name: str | None = None,
    cameras: tuple[str, ...] | None = None,
    address: str | None = None,
    given: bool = False,
) -> User:
    """Add a user, who sees these cameras alone (None: all); raises AccountsError, and ConflictError when somebody has the e-mail already.

    A `given` password is one that the server made: it is replaced by its person, and ends if it is not.
    """
    cameras = shared(role, cameras)
    mail = normal_email(email)
    check_password(password, mail, name or "")
    user = rows.add_user(
        conn,
        account,
        email=mail,
        name=(name or "").strip() or mail.partition("@")[0],
        role=role.value,
        password_hash=passwords.hash(password),
        now=now,
        cameras=cameras,
        password_given_at=now if given else None,
    )
    _note(conn, user, "user.add", now, by, address, role=role.value, **told(cameras))
    return user


def add_without_password(
    conn: Connection,
    account: str,
    *,
    email: str,
    role: Role,
    now: Micros,
    by: str,
    name: str = "",
    cameras: tuple[str, ...] | None = None,
    address: str | None = None,
) -> User:
    """Add a person who signs in elsewhere alone; raises ConflictError when somebody has the e-mail already."""
    cameras = shared(role, cameras)
    known = name.strip() or email.partition("@")[0]
    user = rows.add_user(
        conn, account, email=email, name=known, role=role.value, password_hash=None, now=now, cameras=cameras
    )
    _note(conn, user, "user.add", now, by, address, role=role.value, **told(cameras))
    return user


def admit(
    conn: Connection,
    account: str,
    user_id: str,
    *,
    role: Role,
    now: Micros,
    by: str,
    cameras: tuple[str, ...] | None = None,
    address: str | None = None,
) -> User:
    """Let somebody who signs in already belong to one more account; raises ConflictError for a member of it."""
    cameras = shared(role, cameras)
    user = rows.add_member(conn, account, user_id, role=role.value, now=now, cameras=cameras)
    _note(conn, user, "user.add", now, by, address, role=role.value, **told(cameras))
    return user


def set_password(
    conn: Connection,
    account: str,
    passwords: Passwords,
    user_id: str,
    password: str,
    *,
    now: Micros,
    by: str,
    address: str | None = None,
    given: bool = False,
) -> User:
    """Give a user a new password and end all of the user's sessions.

    A `given` one is replaced by its person, and ends if it is not. Whether `by` may do that to somebody who belongs to other accounts too is for the caller to check.
    """
    person = rows.get_user(conn, account, user_id)
    check_password(password, person.email, person.name)
    values = {"password_hash": passwords.hash(password), "password_given_at": now if given else None}
    user = rows.update_user(conn, account, user_id, **values)
    rows.end_sessions_of(conn, user_id)
    throttle.forget(conn, user.email)
    _note(conn, user, "user.password", now, by, address)
    return user


def set_role(
    conn: Connection, account: str, user_id: str, role: Role, *, now: Micros, by: str, address: str | None = None
) -> User:
    """Give a user another role; who may do more than look sees all cameras from then on.

    Raises AccountsError when the account would be left without an owner.
    """
    user = rows.get_user(conn, account, user_id)
    if role is not Role.OWNER:
        _keep_an_owner(conn, account, user)
    cameras = user.cameras if role is Role.VIEW else None
    changed = rows.update_user(conn, account, user_id, role=role.value, cameras=_row(cameras))
    detail = {} if cameras == user.cameras else {"cameras": "all"}
    _note(conn, user, "user.role", now, by, address, **{"from": user.role, "to": role.value, **detail})
    return changed


def share_cameras(
    conn: Connection,
    account: str,
    user_id: str,
    cameras: tuple[str, ...] | None,
    *,
    now: Micros,
    by: str,
    address: str | None = None,
) -> User:
    """Say which cameras a person sees, None for all; raises AccountsError for one who may do more than look."""
    user = rows.get_user(conn, account, user_id)
    cameras = shared(Role(user.role), cameras)
    changed = rows.update_user(conn, account, user_id, cameras=_row(cameras))
    _note(conn, user, "user.cameras", now, by, address, before=_row(user.cameras), after=_row(cameras))
    return changed


def remove(conn: Connection, account: str, user_id: str, *, now: Micros, by: str, address: str | None = None) -> User:
    """Let a person belong to an account no more; whoever belongs to none is forgotten with password and e-mail.

    Raises AccountsError when the account would be left without an owner.
    """
    user = rows.get_user(conn, account, user_id)
    _keep_an_owner(conn, account, user)
    rows.remove_member(conn, account, user_id)
    _note(conn, user, "user.remove", now, by, address, role=user.role)
    return user


def hand_over(
    conn: Connection, account: str, owner_id: str, user_id: str, *, now: Micros, by: str, address: str | None = None
) -> User:
    """Make a person the owner in one's own place: who hands over keeps Can Manage. Raises AccountsError, UnknownError."""
    if owner_id == user_id:
        raise AccountsError("you own the account already: choose somebody else to hand it over to")
    new = set_role(conn, account, user_id, Role.OWNER, now=now, by=by, address=address)
    set_role(conn, account, owner_id, Role.MANAGE, now=now, by=by, address=address)
    return new


def set_disabled(
    conn: Connection,
    account: str,
    user_id: str,
    *,
    disabled: bool,
    now: Micros,
    by: str,
    address: str | None = None,
) -> User:
    """Refuse a user's sign-in, or allow it again; refused users' sessions end at once."""
    user = rows.get_user(conn, account, user_id)
    if disabled:
        for membership in rows.memberships_of(conn, user_id):
            _keep_an_owner(conn, membership.account_id, user)
        rows.end_sessions_of(conn, user_id)
    changed = rows.update_user(conn, account, user_id, disabled=disabled)
    _note(conn, user, "user.disable" if disabled else "user.enable", now, by, address)
    return changed


def check_password(password: str, *about: str) -> None:
    """Raises AccountsError for a password that is too short, or too easily guessed of this person."""
    problem = problem_with(password, *about)
    if problem is not None:
        raise AccountsError(problem)


def shared(role: Role, cameras: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The cameras to share, each once. Raises AccountsError for none at all, and for whoever may do more than look."""
    if cameras is None:
        return None
    if role is not Role.VIEW:
        raise AccountsError("only whoever has Can View can be held to some cameras: whoever changes things sees all")
    if not cameras:
        raise AccountsError("choose at least one camera to share, or all of them")
    return tuple(dict.fromkeys(cameras))


def _row(cameras: tuple[str, ...] | None) -> list[str] | None:
    return None if cameras is None else list(cameras)


def told(cameras: tuple[str, ...] | None) -> dict[str, object]:
    """The cameras that were shared, as the trail tells it; nothing for all of them."""
    return {} if cameras is None else {"cameras": list(cameras)}


def _note(
    conn: Connection, user: User, action: str, now: Micros, by: str, address: str | None, **detail: object
) -> None:
    """Put into the trail what was done to a member of the account."""
    audit.record(
        conn, user.account_id, at=now, actor=by, action=action, subject=user.email, detail=detail, address=address
    )


def _keep_an_owner(conn: Connection, account: str, user: User) -> None:
    owners = [u for u in rows.list_users(conn, account) if u.role == Role.OWNER and not u.disabled]
    if [owner.user_id for owner in owners] == [user.user_id]:
        raise AccountsError(f"{user.email} is the only owner: make somebody else an owner first")
