"""The first owner: a link that is told to whoever can read the server's log, good once and for some hours."""

import secrets
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.roles import Role
from doorwatch.accounts.tokens import hash_of
from doorwatch.accounts.users import AccountsError, add_user, normal_email
from doorwatch.domain.time import HOUR, Micros
from doorwatch.store import tenants
from doorwatch.store.audit_trail import audit
from doorwatch.store.people import setup_links, users
from doorwatch.store.people.setup_links import SetupLink
from doorwatch.store.people.users import User

LINK_LIFE = 12 * HOUR

_ANOTHER = "run `doorwatch user setup-link` on the server, or restart it and look at what it says, to get another"


class SetupLinkError(AccountsError):
    """A link that makes nobody an owner; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made; `secret` is told once and kept nowhere."""

    expires_at: Micros
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What the first owner chooses; the time zone is an IANA name."""

    email: str
    name: str
    password: str = field(repr=False)
    site_name: str
    time_zone: str


def is_needed(conn: Connection) -> bool:
    """Whether nobody can sign in yet."""
    return not users.anybody(conn)


def new_link(conn: Connection, account: str, now: Micros, *, only: bool = False) -> NewLink:
    """Make a link; with `only`, the former ones end.

    Others are left alone by default, since replicas that start together each tell one. Raises SetupLinkError when
    somebody can sign in already.
    """
    if not is_needed(conn):
        raise SetupLinkError(
            "Doorwatch is set up already: sign in, or give a person a password with doorwatch user passwd"
        )
    if only:
        setup_links.take_links(conn, account)
    secret = secrets.token_urlsafe(32)
    link = SetupLink(account, hash_of(secret), now, now + LINK_LIFE)
    setup_links.add_link(conn, link)
    return NewLink(link.expires_at, secret)


def check_link(conn: Connection, secret: str, now: Micros) -> SetupLink:
    """The link with this secret, when it is good. Raises SetupLinkError."""
    if not is_needed(conn):
        raise SetupLinkError("Doorwatch is set up already, and its set-up links have ended: sign in")
    return _good(setup_links.find_link(conn, hash_of(secret)), now)


def set_up(
    conn: Connection, secret: str, passwords: Passwords, chosen: FirstStart, *, now: Micros, address: str | None = None
) -> User:
    """Make the first owner and name the site; all links end.

    Raises SetupLinkError, AccountsError for an e-mail or a password that can't be used, ConflictError for a time zone
    that is none.
    """
    account = check_link(conn, secret, now).account_id
    taken = {link.link_hash: link for link in setup_links.take_links(conn, account)}
    _good(taken.get(hash_of(secret)), now)
    site = tenants.list_sites(conn, account)[0]
    tenants.rename_account(conn, account, chosen.site_name)
    tenants.update_site(conn, account, replace(site, name=chosen.site_name, time_zone=chosen.time_zone))
    owner = add_user(
        conn,
        account,
        passwords,
        email=chosen.email,
        password=chosen.password,
        role=Role.OWNER,
        now=now,
        by=normal_email(chosen.email),
        name=chosen.name,
        address=address,
    )
    detail = {"site": chosen.site_name, "time_zone": chosen.time_zone}
    audit.record(
        conn,
        account,
        at=now,
        actor=owner.email,
        action="setup.finish",
        subject=owner.email,
        detail=detail,
        address=address,
    )
    return owner


def _good(link: SetupLink | None, now: Micros) -> SetupLink:
    if link is None:
        raise SetupLinkError(f"this set-up link is not known, perhaps since a newer one was made: {_ANOTHER}")
    if link.expires_at <= now:
        raise SetupLinkError(f"this set-up link has expired: {_ANOTHER}")
    return link
