"""Single sign-on as the settings say: the provider, and what its groups mean in which account."""

import hashlib

from sqlalchemy import Connection

from doorwatch.accounts import Accounts
from doorwatch.accounts.sign_on import SignOnRules, SingleSignOn, WithoutGroup
from doorwatch.accounts.sign_on.provider import Client, Provider
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Clock
from doorwatch.server.binding import address
from doorwatch.server.options.sign_on import names
from doorwatch.server.settings import Settings
from doorwatch.store import Database, tenants

PATH = "/sso"
"""The page to which the provider sends people back."""


def sign_on_rules(settings: Settings, account: str = "") -> SignOnRules:
    """What the provider's words mean."""
    owner, manage, view = (
        names(text) for text in (settings.oidc_owner_groups, settings.oidc_manage_groups, settings.oidc_view_groups)
    )
    default = WithoutGroup.REFUSE if owner | manage | view else WithoutGroup.KNOWN
    return SignOnRules(
        owner_groups=owner,
        manage_groups=manage,
        view_groups=view,
        groups_claim=settings.oidc_groups_claim,
        without_group=WithoutGroup(settings.oidc_without_group) if settings.oidc_without_group else default,
        account=account,
        trust_email=settings.oidc_trust_email,
        two_factors=settings.oidc_two_factors,
        acr_values=tuple(settings.oidc_acr_values.split()),
        only=settings.oidc_only,
        break_glass=frozenset(email.casefold() for email in names(settings.oidc_break_glass)),
    )


def provider_of(settings: Settings, clock: Clock) -> Provider | None:
    """The provider; None where none is set."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    secret = settings.oidc_client_secret
    client = Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        secret.get_secret_value() if secret else None,
        address(settings).rstrip("/") + PATH,
        settings.oidc_scopes,
        tuple(settings.oidc_acr_values.split()),
        settings.oidc_ca_file,
    )
    return Provider(client, clock)


def single_sign_on(
    settings: Settings, db: Database, clock: Clock, accounts: Accounts, *, key: bytes, account: str
) -> SingleSignOn | None:
    """Signing in at the provider; None where none is set. `account` is the one in which groups give roles."""
    provider = provider_of(settings, clock)
    if provider is None:
        return None
    own = hashlib.sha256(b"doorwatch single sign-on" + key).digest()
    rules = sign_on_rules(settings, account)
    return SingleSignOn(db, clock, accounts, provider, rules, key=own, name=settings.oidc_name)


def account_of_groups(conn: Connection, settings: Settings) -> str:
    """The account in which groups give roles. Raises DoorwatchError when none is called as the settings say."""
    known = tenants.list_accounts(conn)
    wanted = settings.oidc_account
    found = [one.account_id for one in known if wanted in {None, one.account_id, one.name}]
    if not found or (len(found) > 1 and wanted is not None):
        told = ", ".join(one.name for one in known[:10])
        raise DoorwatchError(
            f"DOORWATCH_OIDC_ACCOUNT is {wanted!r}, and the accounts are {told}: name one of them, or its id"
        )
    return found[0]
