"""Who of ours somebody is whom a provider has named, and with which role they come in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from doorwatch.accounts import invitations, users
from doorwatch.accounts.roles import Role
from doorwatch.accounts.sessions import note
from doorwatch.accounts.sign_on.errors import SignOnRefusedError
from doorwatch.accounts.sign_on.rules import SignOnRules, WithoutGroup
from doorwatch.accounts.users import AccountsError, normal_email
from doorwatch.domain.time import Micros
from doorwatch.store.audit_trail import audit
from doorwatch.store.people import identities
from doorwatch.store.people import users as rows
from doorwatch.store.people.identities import Identity
from doorwatch.store.people.users import User

_BY = "single sign-on"


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody as the provider names them; the e-mail is None unless it is verified."""

    issuer: str
    subject: str
    email: str | None
    claimed_email: str
    name: str
    groups: frozenset[str] | None


def stranger(claims: Mapping[str, Any], rules: SignOnRules) -> Stranger:
    """What the claims of a provider say of a person."""
    claimed = str(claims.get("email") or "")[:254]
    told = claims.get("email_verified")
    email = None
    if rules.trust_email or told is True or (isinstance(told, str) and told.lower() == "true"):
        try:
            email = normal_email(claimed)
        except AccountsError:
            email = None
    name = str(claims.get("name") or claims.get("preferred_username") or "")[:200]
    return Stranger(claims["iss"], claims["sub"], email, claimed, name, rules.groups_in(claims))


def settle(conn: Connection, who: Stranger, rules: SignOnRules, *, now: Micros, address: str | None) -> User:
    """The person, who was linked, invited or added before, or is so by this, with the role of their groups.

    Raises SignOnRefusedError with the reason and the cure.
    """
    role = rules.role_of(who.groups or ())
    user_id = _known(conn, who, now) or _by_email(conn, who, rules, role, now, address)
    _give_role(conn, user_id, rules, role, who, now, address)
    user = current(conn, user_id)
    if user is None:
        raise SignOnRefusedError("you belong to no account here any more: ask an owner to invite you")
    if user.disabled:
        raise SignOnRefusedError(f"{user.email} may not sign in here: ask an owner of the account")
    return user


def current(conn: Connection, user_id: str) -> User | None:
    """A person, in the account where they acted last."""
    found = [rows.get_user(conn, one.account_id, user_id) for one in rows.memberships_of(conn, user_id)]
    return rows.find_by_email(conn, found[0].email) if found else None


def note_refusal(
    conn: Connection, who: Stranger, rules: SignOnRules, reason: str, *, now: Micros, address: str | None
) -> None:
    """Put a refused sign-in into the trail of the account whose groups were asked."""
    detail = {"by": _BY, "subject": who.subject[:200], "reason": reason}
    audit.record(
        conn,
        rules.account,
        at=now,
        actor=who.email or who.claimed_email or _BY,
        action="session.refused",
        subject=who.email or who.claimed_email or None,
        detail=detail,
        address=address,
    )


def _known(conn: Connection, who: Stranger, now: Micros) -> str | None:
    found = identities.find_identity(conn, who.issuer, who.subject)
    if found is None:
        return None
    identities.use_identity(conn, who.issuer, who.subject, now)
    return found.user_id


def _by_email(
    conn: Connection, who: Stranger, rules: SignOnRules, role: Role | None, now: Micros, address: str | None
) -> str:
    """Link by the verified e-mail, or add somebody new."""
    if who.email is None:
        raise SignOnRefusedError(_unverified(who))
    user_id = rows.find_person(conn, who.email)
    if user_id is not None and identities.signs_on(conn, user_id, who.issuer):
        raise SignOnRefusedError(
            f"{who.email} belongs to another person of the provider, as whom it came here before: an owner removes "
            "that person and invites you"
        )
    if user_id is None:
        user_id = invitations.accept_by_email(conn, who.email, who.name, now=now, address=address)
    if user_id is None:
        if role is None and rules.without_group is not WithoutGroup.VIEW:
            raise SignOnRefusedError(_no_group(who, rules))
        user_id = users.add_without_password(
            conn,
            rules.account,
            email=who.email,
            role=role or Role.VIEW,
            now=now,
            by=_BY,
            name=who.name,
            address=address,
        ).user_id
    identities.add_identity(conn, Identity(who.issuer, who.subject, user_id, who.email, now, now))
    user = current(conn, user_id)
    if user is not None:
        note(conn, user, "identity.link", now, address, issuer=who.issuer, subject=who.subject[:200])
    return user_id


def _give_role(
    conn: Connection,
    user_id: str,
    rules: SignOnRules,
    role: Role | None,
    who: Stranger,
    now: Micros,
    address: str | None,
) -> None:
    """The role that the groups give, in the account whose roles they give."""
    belongs = {one.account_id: one.role for one in rows.memberships_of(conn, user_id)}
    had = belongs.get(rules.account)
    if role is None:
        if rules.without_group is WithoutGroup.REFUSE and (had is not None or not belongs):
            raise SignOnRefusedError(_no_group(who, rules))
        if rules.without_group is WithoutGroup.VIEW and not belongs:
            users.admit(conn, rules.account, user_id, role=Role.VIEW, now=now, by=_BY, address=address)
        return
    if had is None:
        users.admit(conn, rules.account, user_id, role=role, now=now, by=_BY, address=address)
    elif had != role:
        try:
            users.set_role(conn, rules.account, user_id, role, now=now, by=_BY, address=address)
        except AccountsError as error:
            raise SignOnRefusedError(
                f"your groups at the provider give you the role {role.value}, and you are the only owner of the account: "
                "have yourself or somebody else put into an owners' group, or make another owner first"
            ) from error


def _unverified(who: Stranger) -> str:
    if not who.claimed_email:
        return "the provider told no e-mail address of you: have it release the claim email to this application"
    return f"the provider does not say that {who.claimed_email} is verified: have the address verified there, then sign in again"


def _no_group(who: Stranger, rules: SignOnRules) -> str:
    name = who.email or who.claimed_email or "you"
    if not (rules.owner_groups or rules.manage_groups or rules.view_groups):
        return f"nobody has invited {name} here yet: ask an owner of the account"
    if who.groups is None:
        return (
            f"the provider told no groups of {name} (claim {rules.groups_claim!r}), and only groups let people in here: "
            "whoever runs the provider releases them to this application"
        )
    return f"{name} is in none of the groups that may use Doorwatch: ask whoever runs the directory to put you into one"
