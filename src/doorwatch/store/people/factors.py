"""Second factors as rows: authenticator apps and recovery codes; what they prove is told in `accounts`.

Passkeys have a module of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.sealing import factor_place, opened, sealed
from doorwatch.store.engine.sql import upsert
from doorwatch.store.schema.signing_in import passkeys, recovery_codes, totp


@dataclass(frozen=True, slots=True)
class Authenticator:
    """A person's authenticator app; not confirmed while the person has not shown a code."""

    user_id: str
    secret: str = field(repr=False)
    created_at: Micros
    confirmed_at: Micros | None = None
    last_step: int = 0


def save_authenticator(conn: Connection, app: Authenticator) -> None:
    """Keep an app, in place of the one that the person had."""
    row = {name: getattr(app, name) for name in Authenticator.__dataclass_fields__}
    row["secret"] = sealed(conn, app.secret, factor_place(app.user_id))
    upsert(conn, totp, [row])


def find_authenticator(conn: Connection, user_id: str) -> Authenticator | None:
    """A person's app. Raises StoreError when its secret can't be opened."""
    row = conn.execute(select(totp).where(totp.c.user_id == user_id)).first()
    if row is None:
        return None
    secret = opened(conn, row.secret, factor_place(user_id))
    return Authenticator(user_id, secret, row.created_at, row.confirmed_at, row.last_step)


def has_authenticator(conn: Connection, user_id: str) -> bool:
    """Whether a person has an app that was confirmed."""
    mine = select(totp.c.user_id).where(totp.c.user_id == user_id, totp.c.confirmed_at.is_not(None))
    return conn.execute(mine).first() is not None


def has_factor(conn: Connection, user_id: str) -> bool:
    """Whether a person has a second factor: an app that was confirmed, or a passkey."""
    key = select(passkeys.c.user_id).where(passkeys.c.user_id == user_id)
    return has_authenticator(conn, user_id) or conn.execute(key.limit(1)).first() is not None


def use_step(conn: Connection, user_id: str, step: int) -> bool:
    """Note that the code of a step was used; False when it, or a later one, was used before."""
    mine = update(totp).where(totp.c.user_id == user_id, totp.c.last_step < step)
    return conn.execute(mine.values(last_step=step)).rowcount == 1


def remove_authenticator(conn: Connection, user_id: str) -> bool:
    """Forget a person's app; whether there was one."""
    return conn.execute(delete(totp).where(totp.c.user_id == user_id)).rowcount > 0


def remove_codes(conn: Connection, user_id: str) -> None:
    """Forget a person's recovery codes."""
    conn.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))


def remove_factors(conn: Connection, user_id: str) -> bool:
    """Forget a person's app, passkeys and recovery codes; whether there was an app or a passkey."""
    remove_codes(conn, user_id)
    keys = conn.execute(delete(passkeys).where(passkeys.c.user_id == user_id)).rowcount
    return remove_authenticator(conn, user_id) or keys > 0


def replace_codes(conn: Connection, user_id: str, hashes: Sequence[str]) -> None:
    """Keep new recovery codes, in place of all that there were."""
    conn.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
    conn.execute(recovery_codes.insert(), [{"user_id": user_id, "code_hash": one} for one in hashes])


def use_code(conn: Connection, user_id: str, code_hash: str, now: Micros) -> bool:
    """Note that a recovery code was used; False when it is none, or was used before."""
    mine = update(recovery_codes).where(
        recovery_codes.c.user_id == user_id,
        recovery_codes.c.code_hash == code_hash,
        recovery_codes.c.used_at.is_(None),
    )
    return conn.execute(mine.values(used_at=now)).rowcount == 1


def codes_left(conn: Connection, user_id: str) -> int:
    """How many recovery codes are good."""
    mine = (recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None))
    return conn.execute(select(func.count()).select_from(recovery_codes).where(*mine)).scalar_one()
