"""Browsers in which people want to be notified, as rows; what is pushed to them is told in `alerts`."""

import hashlib
import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, select

from doorwatch.domain.time import Micros
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.engine.sealing import opened, sealed, subscription_place
from doorwatch.store.schema.notifying import subscriptions
from doorwatch.store.schema.people import memberships, users

MOST = 20
"""Browsers of one person in one account."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a browser is pushed to, and by what is encrypted for it, as the browser gave it."""

    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """By what a browser knows its own address without anybody telling it."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Subscription:
    """One browser of one person; `cameras` are the only ones that the person may see, None for all."""

    account_id: str
    subscription_id: str
    user_id: str
    email: str
    name: str
    fingerprint: str
    created_at: Micros
    cameras: tuple[str, ...] | None = None

    @property
    def shown(self) -> str:
        """Whom the log of deliveries names."""
        return f"{self.email} ({self.name})"


def add(
    conn: Connection,
    account: str,
    user_id: str,
    name: str,
    address: Address,
    now: Micros,
    *,
    former: str | None = None,
) -> Subscription:
    """Notify a person in a browser from now on; whoever was notified there before is not any more.

    `former` is the fingerprint of the address that this browser had before: it goes, and its name stays.
    Raises ConflictError for somebody who has too many.
    """
    here = (subscriptions.c.account_id == account, subscriptions.c.fingerprint == address.fingerprint)
    conn.execute(delete(subscriptions).where(*here))
    if former is not None:
        mine = (subscriptions.c.account_id == account, subscriptions.c.user_id == user_id)
        gone = delete(subscriptions).where(*mine, subscriptions.c.fingerprint == former)
        name = conn.execute(gone.returning(subscriptions.c.name)).scalar() or name
    names = {one.name for one in of_person(conn, account, user_id)}
    if len(names) >= MOST:
        raise ConflictError(f"you are notified in {MOST} browsers already: remove one that you use no more")
    called = next(one for one in (name, *(f"{name} {number}" for number in range(2, MOST + 2))) if one not in names)
    made = new_id("browser")
    text = json.dumps([address.endpoint, address.p256dh, address.auth])
    row = {
        "account_id": account,
        "subscription_id": made,
        "user_id": user_id,
        "name": called,
        "fingerprint": address.fingerprint,
        "secrets": sealed(conn, text, subscription_place(account, made)),
        "created_at": now,
    }
    conn.execute(subscriptions.insert().values(row))
    return next(one for one in of_person(conn, account, user_id) if one.subscription_id == made)


def listening(conn: Connection, account: str) -> list[Subscription]:
    """The browsers of all who may sign in."""
    return _read(conn, account)


def of_person(conn: Connection, account: str, user_id: str) -> list[Subscription]:
    """The browsers of one person, the oldest first."""
    return [one for one in _read(conn, account) if one.user_id == user_id]


def address_of(conn: Connection, account: str, subscription_id: str) -> Address | None:
    """Where a browser is pushed to; None when it was removed, or its person may not sign in any more."""
    if all(one.subscription_id != subscription_id for one in _read(conn, account)):
        return None
    mine = (subscriptions.c.account_id == account, subscriptions.c.subscription_id == subscription_id)
    text: str = conn.execute(select(subscriptions.c.secrets).where(*mine)).scalar_one()
    return Address(*json.loads(opened(conn, text, subscription_place(account, subscription_id))))


def remove(conn: Connection, account: str, subscription_id: str, *, user_id: str | None = None) -> str:
    """Notify in a browser no more; what it was called. Raises UnknownError, also when it is another person's."""
    mine = delete(subscriptions).where(
        subscriptions.c.account_id == account, subscriptions.c.subscription_id == subscription_id
    )
    if user_id is not None:
        mine = mine.where(subscriptions.c.user_id == user_id)
    name: str | None = conn.execute(mine.returning(subscriptions.c.name)).scalar()
    if name is None:
        raise UnknownError("there is no such browser; perhaps it was removed already")
    return name


def _read(conn: Connection, account: str) -> list[Subscription]:
    query = (
        select(subscriptions, users.c.email, memberships.c.cameras)
        .join(users, users.c.user_id == subscriptions.c.user_id)
        .join(
            memberships,
            (memberships.c.account_id == subscriptions.c.account_id)
            & (memberships.c.user_id == subscriptions.c.user_id),
        )
        .where(subscriptions.c.account_id == account, users.c.disabled.is_(False))
        .order_by(subscriptions.c.created_at, subscriptions.c.subscription_id)
    )
    return [
        Subscription(
            row.account_id,
            row.subscription_id,
            row.user_id,
            row.email,
            row.name,
            row.fingerprint,
            row.created_at,
            None if row.cameras is None else tuple(row.cameras),
        )
        for row in conn.execute(query)
    ]
