"""Accounts, their sites and their access control systems."""

from dataclasses import dataclass
from zoneinfo import available_timezones

from sqlalchemy import Connection, select, update

from doorwatch.domain.time import Micros
from doorwatch.store.engine import numbers
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.engine.identity import new_id
from doorwatch.store.schema.places import accounts, pacs, sites


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant."""

    account_id: str
    name: str
    created_at: Micros = 0


@dataclass(frozen=True, slots=True)
class Site:
    """A place of an account; `time_zone` is an IANA name."""

    site_id: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Pacs:
    """An access control system.

    `covered_until` is None for one that never sent coverage; `subscribed` and `refused` for one that never said.
    """

    pacs_id: str
    site_id: str
    name: str
    covered_until: Micros | None = None
    heard_at: Micros | None = None
    subscribed: tuple[str, ...] | None = None
    refused: tuple[str, ...] | None = None


def create_account(conn: Connection, name: str, now: Micros, *, account_id: str | None = None) -> Account:
    """Add a tenant."""
    account = Account(account_id or new_id("acc"), name, now)
    row = {"account_id": account.account_id, "name": name, "created_at": now}
    conn.execute(accounts.insert().values(**row, number=numbers.next_free(conn, accounts)))
    return account


def list_accounts(conn: Connection) -> list[Account]:
    """All tenants, the oldest first; for administration of the installation, never for a tenant."""
    query = select(accounts).order_by(accounts.c.created_at, accounts.c.account_id)
    return [Account(row.account_id, row.name, row.created_at) for row in conn.execute(query)]


def get_account(conn: Connection, account: str) -> Account:
    """The tenant; raises UnknownError."""
    row = conn.execute(select(accounts).where(accounts.c.account_id == account)).first()
    if row is None:
        raise UnknownError("this account does not exist any more")
    return Account(row.account_id, row.name, row.created_at)


def rename_account(conn: Connection, account: str, name: str) -> None:
    """Give the tenant another name."""
    conn.execute(update(accounts).where(accounts.c.account_id == account).values(name=name))


def create_site(conn: Connection, account: str, name: str, time_zone: str = "UTC") -> Site:
    """Add a place; raises ConflictError when the time zone is not known."""
    site = Site(new_id("site"), name, known_zone(time_zone))
    conn.execute(sites.insert().values(account_id=account, site_id=site.site_id, name=name, time_zone=time_zone))
    return site


def update_site(conn: Connection, account: str, site: Site) -> None:
    """Rename a place or move it to another time zone; raises UnknownError, ConflictError."""
    result = conn.execute(
        update(sites)
        .where(sites.c.account_id == account, sites.c.site_id == site.site_id)
        .values(name=site.name, time_zone=known_zone(site.time_zone))
    )
    if not result.rowcount:
        raise UnknownError(f"this account has no site {site.site_id}")


def list_sites(conn: Connection, account: str) -> list[Site]:
    """The account's places by name."""
    query = select(sites.c.site_id, sites.c.name, sites.c.time_zone).where(sites.c.account_id == account)
    return [Site(*row) for row in conn.execute(query.order_by(sites.c.name, sites.c.site_id))]


def known_zone(time_zone: str) -> str:
    """The name, if it is one of a time zone; raises ConflictError else."""
    if time_zone not in available_timezones():
        raise ConflictError(f"{time_zone!r} is no time zone; write an IANA name such as Europe/Berlin")
    return time_zone


def create_pacs(conn: Connection, account: str, site_id: str, name: str, now: Micros) -> Pacs:
    """Add an access control system."""
    system = Pacs(new_id("pacs"), site_id, name)
    row = {"account_id": account, "pacs_id": system.pacs_id, "site_id": site_id, "name": name, "created_at": now}
    conn.execute(pacs.insert().values(**row, number=numbers.next_free(conn, pacs)))
    return system


def list_pacs(conn: Connection, account: str) -> list[Pacs]:
    """The account's access control systems, the oldest first."""
    query = select(pacs).where(pacs.c.account_id == account).order_by(pacs.c.created_at, pacs.c.pacs_id)
    return [
        Pacs(
            row.pacs_id,
            row.site_id,
            row.name,
            row.covered_until,
            row.heard_at,
            None if row.subscribed is None else tuple(row.subscribed),
            None if row.refused is None else tuple(row.refused),
        )
        for row in conn.execute(query)
    ]


def get_pacs(conn: Connection, account: str, pacs_id: str) -> Pacs:
    """One access control system; raises UnknownError."""
    for system in list_pacs(conn, account):
        if system.pacs_id == pacs_id:
            return system
    raise UnknownError("this access control system is not known; make a new token for its gateway")


def heard_from(conn: Connection, account: str, pacs_id: str, now: Micros) -> None:
    """Note that a gateway said something."""
    conn.execute(update(pacs).where(pacs.c.account_id == account, pacs.c.pacs_id == pacs_id).values(heard_at=now))


def ensure_default(
    conn: Connection, now: Micros, *, name: str = "Main", time_zone: str = "UTC"
) -> tuple[Account, Site, Pacs]:
    """The first account with a site and an access control system; made when there is none yet."""
    existing = list_accounts(conn)
    account = existing[0] if existing else create_account(conn, name, now)
    places = list_sites(conn, account.account_id)
    site = places[0] if places else create_site(conn, account.account_id, name, time_zone)
    systems = list_pacs(conn, account.account_id)
    system = systems[0] if systems else create_pacs(conn, account.account_id, site.site_id, "Access control", now)
    return account, site, system
