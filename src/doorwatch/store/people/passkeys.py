"""Passkeys of people, as rows; what they prove is told in `accounts`."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import UnknownError
from doorwatch.store.schema.signing_in import passkeys


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a person; `credential_id` and `public_key` are base64url. Nothing of it is secret."""

    user_id: str
    passkey_id: str
    credential_id: str
    public_key: str
    name: str
    sign_count: int
    transports: tuple[str, ...]
    created_at: Micros
    used_at: Micros | None = None
    last_challenge: Micros = 0


def add_passkey(conn: Connection, passkey: Passkey) -> None:
    """Keep a new passkey."""
    row = {name: getattr(passkey, name) for name in Passkey.__dataclass_fields__}
    conn.execute(passkeys.insert().values(row | {"transports": list(passkey.transports)}))


def passkeys_of(conn: Connection, user_id: str) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    query = select(passkeys).where(passkeys.c.user_id == user_id)
    query = query.order_by(passkeys.c.created_at, passkeys.c.passkey_id)
    found = [{name: getattr(row, name) for name in Passkey.__dataclass_fields__} for row in conn.execute(query)]
    return [Passkey(**values | {"transports": tuple(values["transports"])}) for values in found]


def is_taken(conn: Connection, credential_id: str) -> bool:
    """Whether somebody has this passkey already."""
    return conn.execute(select(passkeys.c.user_id).where(passkeys.c.credential_id == credential_id)).first() is not None


def use_passkey(conn: Connection, passkey: Passkey, *, sign_count: int, challenge: Micros, now: Micros) -> bool:
    """Note that a passkey was used for a challenge; False when it was used for that one, or a later one, before."""
    mine = update(passkeys).where(
        passkeys.c.user_id == passkey.user_id,
        passkeys.c.passkey_id == passkey.passkey_id,
        passkeys.c.last_challenge < challenge,
    )
    return conn.execute(mine.values(sign_count=sign_count, last_challenge=challenge, used_at=now)).rowcount == 1


def rename_passkey(conn: Connection, user_id: str, passkey_id: str, name: str) -> None:
    """Call a passkey something else; raises UnknownError."""
    mine = update(passkeys).where(passkeys.c.user_id == user_id, passkeys.c.passkey_id == passkey_id)
    _one(conn.execute(mine.values(name=name)).rowcount)


def remove_passkey(conn: Connection, user_id: str, passkey_id: str) -> str:
    """Forget a passkey; what it was called. Raises UnknownError."""
    mine = delete(passkeys).where(passkeys.c.user_id == user_id, passkeys.c.passkey_id == passkey_id)
    names: Sequence[str] = conn.execute(mine.returning(passkeys.c.name)).scalars().all()
    _one(len(names))
    return names[0]


def _one(found: int) -> None:
    if found != 1:
        raise UnknownError("there is no such passkey; perhaps it was removed already")
