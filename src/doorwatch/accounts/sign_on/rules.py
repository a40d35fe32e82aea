"""What a provider's words mean here: which groups give which role, and how strongly somebody proved who they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from doorwatch.accounts.roles import Role


class WithoutGroup(StrEnum):
    """What becomes of somebody in none of the groups that give a role."""

    REFUSE = "refuse"
    KNOWN = "known"
    """In with the role that was given here; who is not known here is refused."""
    VIEW = "view"
    """In with Can View, whoever it is."""


@dataclass(frozen=True, slots=True)
class SignOnRules:
    """How a provider's people become ours.

    `account` is the one in which groups give roles. `only` lets nobody sign in with a password but the e-mails in
    `break_glass`. `trust_email` takes every e-mail of the provider for verified; `two_factors` says that it always asks
    for two, `acr_values` are names of levels that mean two.
    """

    owner_groups: frozenset[str] = frozenset()
    manage_groups: frozenset[str] = frozenset()
    view_groups: frozenset[str] = frozenset()
    groups_claim: str = "groups"
    without_group: WithoutGroup = WithoutGroup.KNOWN
    account: str = ""
    trust_email: bool = False
    two_factors: bool = False
    acr_values: tuple[str, ...] = ()
    only: bool = False
    break_glass: frozenset[str] = frozenset()

    def role_of(self, groups: Iterable[str]) -> Role | None:
        """The highest role that these groups give; None when they give none."""
        mine = set(groups)
        by_role = {Role.OWNER: self.owner_groups, Role.MANAGE: self.manage_groups, Role.VIEW: self.view_groups}
        return next((role for role, named in by_role.items() if mine & named), None)

    def groups_in(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        """The groups in what a provider told; None when it told nothing of groups.

        A claim inside of others is named with dots, such as `realm_access.roles`.
        """
        found: Any = claims.get(self.groups_claim)
        if found is None and "." in self.groups_claim:
            found = claims
            for part in self.groups_claim.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, str):
            return frozenset({found})
        return frozenset(str(group) for group in found) if isinstance(found, list) else None

    def is_strong(self, claims: Mapping[str, Any]) -> bool:
        """Whether the provider says that it asked for two factors, or always does."""
        told = claims.get("amr")
        return self.two_factors or claims.get("acr") in self.acr_values or (isinstance(told, list) and "mfa" in told)

    def refuses_password_of(self, email: str) -> bool:
        """Whether the right password does not sign this person in."""
        return self.only and email not in self.break_glass
