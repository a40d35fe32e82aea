"""Who people are at a provider of single sign-on, as rows."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.schema.signing_in import identities


@dataclass(frozen=True, slots=True)
class Identity:
    """A person of ours as a provider knows them: by the lasting id there, whatever the e-mail becomes."""

    issuer: str
    subject: str
    user_id: str
    email: str
    linked_at: Micros
    used_at: Micros


def add_identity(conn: Connection, identity: Identity) -> None:
    """Keep who somebody is."""
    conn.execute(identities.insert().values({name: getattr(identity, name) for name in Identity.__dataclass_fields__}))


def find_identity(conn: Connection, issuer: str, subject: str) -> Identity | None:
    """Who this is; None for somebody who never came this way."""
    mine = select(identities).where(identities.c.issuer == issuer, identities.c.subject == subject)
    row = conn.execute(mine).first()
    return None if row is None else Identity(*(getattr(row, name) for name in Identity.__dataclass_fields__))


def signs_on(conn: Connection, user_id: str, issuer: str) -> bool:
    """Whether a person is somebody at this provider already."""
    mine = select(identities.c.subject).where(identities.c.user_id == user_id, identities.c.issuer == issuer)
    return conn.execute(mine).first() is not None


def use_identity(conn: Connection, issuer: str, subject: str, now: Micros) -> None:
    """Note that somebody signed in so."""
    mine = update(identities).where(identities.c.issuer == issuer, identities.c.subject == subject)
    conn.execute(mine.values(used_at=now))


def remove_identities(conn: Connection, user_id: str) -> None:
    """Forget who a person is at providers."""
    conn.execute(delete(identities).where(identities.c.user_id == user_id))
