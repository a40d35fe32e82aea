"""The second factor: an authenticator app whose codes are used once each, and recovery codes for when it is lost.

Passkeys have a module of their own; recovery codes stand in for them as well.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from doorwatch.accounts import totp
from doorwatch.accounts.passwords import random_password
from doorwatch.accounts.sessions import note
from doorwatch.accounts.tokens import hash_of
from doorwatch.accounts.users import AccountsError
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros
from doorwatch.store import settings
from doorwatch.store.audit_trail import audit
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.people import factors as rows
from doorwatch.store.people import passkeys
from doorwatch.store.people import users as people
from doorwatch.store.people.factors import Authenticator
from doorwatch.store.people.users import User

RECOVERY_CODES = 10

_REQUIRED = "second_factor_required"


class SecondFactorError(DoorwatchError):
    """The password fits, and a second factor is missing or wrong; `missing` says which.

    `passkey` is what a browser may ask the person's passkeys to sign; None for a person without.
    """

    def __init__(self, *, missing: bool, passkey: dict[str, Any] | None = None) -> None:
        self.missing = missing
        self.passkey = passkey
        super().__init__(
            "show your second factor, too: the six digits of your authenticator app, your passkey, or a recovery code"
            if missing
            else "this code is wrong or was used before: wait for the next one, or enter a recovery code"
        )


def propose(conn: Connection, user: User, now: Micros) -> Authenticator:
    """A new app for a person, which counts once a code was shown. Raises AccountsError when there is one already."""
    if rows.has_authenticator(conn, user.user_id):
        raise AccountsError("there is an authenticator app already: remove it first")
    app = Authenticator(user.user_id, totp.new_secret(), now)
    rows.save_authenticator(conn, app)
    return app


def confirm(conn: Connection, user: User, code: str, now: Micros, *, address: str | None) -> list[str]:
    """Take the proposed app for good, since it shows the right code; the recovery codes, told once.

    There are none to tell where those of a passkey are good.

    Raises AccountsError when none was proposed, SecondFactorError for a wrong code.
    """
    app = rows.find_authenticator(conn, user.user_id)
    if app is None or app.confirmed_at is not None:
        raise AccountsError("there is no authenticator app that waits for its first code: begin again")
    step = totp.step_of(app.secret, code, now, after=app.last_step)
    if step is None:
        raise SecondFactorError(missing=False)
    rows.save_authenticator(conn, replace(app, confirmed_at=now, last_step=step))
    note(conn, user, "factor.add", now, address, factor="authenticator")
    return first_codes(conn, user)


def first_codes(conn: Connection, user: User) -> list[str]:
    """Recovery codes for somebody who has none that are good; else none."""
    return [] if rows.codes_left(conn, user.user_id) else _new_codes(conn, user)


def renew_codes(conn: Connection, user: User, now: Micros, *, address: str | None) -> list[str]:
    """New recovery codes, told once; the former ones end. Raises AccountsError without a second factor."""
    if not rows.has_factor(conn, user.user_id):
        raise AccountsError("recovery codes stand in for a second factor: add one first")
    note(conn, user, "factor.codes", now, address)
    return _new_codes(conn, user)


def check(conn: Connection, user: User, code: str, now: Micros, *, address: str | None) -> None:
    """Raises SecondFactorError unless the code is the app's of now, or a recovery code; either is used up by it."""
    app = rows.find_authenticator(conn, user.user_id)
    if app is not None and app.confirmed_at is not None:
        step = totp.step_of(app.secret, code, now, after=app.last_step)
        if step is not None and rows.use_step(conn, user.user_id, step):
            return
    if not rows.use_code(conn, user.user_id, _code_hash(user, code), now):
        raise SecondFactorError(missing=False)
    note(conn, user, "factor.recovery", now, address, left=rows.codes_left(conn, user.user_id))


def remove_app(conn: Connection, user: User, now: Micros, *, address: str | None) -> None:
    """Take one's own app away; raises AccountsError when there is none, or when one is required and this is the last."""
    _keep_the_last(conn, user, left=bool(passkeys.passkeys_of(conn, user.user_id)))
    if not rows.remove_authenticator(conn, user.user_id):
        raise AccountsError("there is no authenticator app")
    _removed(conn, user, now, address, factor="authenticator")


def remove_passkey(conn: Connection, user: User, passkey_id: str, now: Micros, *, address: str | None) -> None:
    """Take one's own passkey away; raises UnknownError, AccountsError when one is required and this is the last."""
    others = len(passkeys.passkeys_of(conn, user.user_id)) > 1
    name = passkeys.remove_passkey(conn, user.user_id, passkey_id)
    _keep_the_last(conn, user, left=others or rows.has_authenticator(conn, user.user_id))
    _removed(conn, user, now, address, factor="passkey", name=name)


def remove(conn: Connection, user: User, now: Micros, *, by: str, address: str | None) -> None:
    """Take all of a person's second factors and recovery codes away; raises AccountsError when there are none."""
    if not rows.remove_factors(conn, user.user_id):
        raise AccountsError(f"{user.email} has no second factor")
    note(conn, user, "factor.remove", now, address, by=by)


def _keep_the_last(conn: Connection, user: User, *, left: bool) -> None:
    if not left and is_required_of(conn, user.user_id):
        raise ConflictError(
            "your account requires a second factor, and this is your last: add another first, or ask an owner to take it away"
        )


def _removed(
    conn: Connection, user: User, now: Micros, address: str | None, *, factor: str, name: str | None = None
) -> None:
    if not rows.has_factor(conn, user.user_id):
        rows.remove_codes(conn, user.user_id)
    note(conn, user, "factor.remove", now, address, factor=factor, name=name)


def is_required(conn: Connection, account: str) -> bool:
    """Whether everybody who acts in this account needs a second factor."""
    return bool(settings.get_setting(conn, account, _REQUIRED, default=False))


def is_required_of(conn: Connection, user_id: str) -> bool:
    """Whether any account of a person requires one."""
    return any(is_required(conn, membership.account_id) for membership in people.memberships_of(conn, user_id))


def require(conn: Connection, account: str, by: str, now: Micros, *, required: bool, address: str | None) -> None:
    """Require a second factor of everybody in an account, or no longer."""
    settings.set_setting(conn, account, _REQUIRED, required, now)
    detail = {"required": required}
    audit.record(conn, account, at=now, actor=by, action="factor.require", detail=detail, address=address)


def _new_codes(conn: Connection, user: User) -> list[str]:
    codes = [random_password() for _ in range(RECOVERY_CODES)]
    rows.replace_codes(conn, user.user_id, [_code_hash(user, code) for code in codes])
    return codes


def _code_hash(user: User, code: str) -> str:
    """Of the letters alone, whatever stands between them; a plain hash is enough for 78 random bits."""
    letters = "".join(character for character in code.casefold() if character.isalnum())
    return hash_of(f"{user.user_id}:{letters}")
