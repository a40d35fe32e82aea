"""Roles of people and scopes of tokens."""

from enum import StrEnum

from doorwatch.domain.token_form import TokenKind

__all__ = ["SCOPES_OF_KIND", "Role", "Scope", "TokenKind"]


class Role(StrEnum):
    """What a user may do: look (`view`), change the installation (`manage`), and give others rights (`owner`)."""

    VIEW = "view"
    MANAGE = "manage"
    OWNER = "owner"

    def includes(self, other: "Role") -> bool:
        """Whether this role may do all that the other one may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Scope(StrEnum):
    """What a token may do."""

    PACS_WRITE = "pacs:write"
    ANALYZER_WRITE = "analyzer:write"
    API_READ = "api:read"
    API = "api"
    INSTALLATION = "installation"
    """Making accounts; only the commands of the server's own machine hold it."""


SCOPES_OF_KIND = {
    TokenKind.GATEWAY: (Scope.PACS_WRITE,),
    TokenKind.ANALYZER: (Scope.ANALYZER_WRITE,),
    TokenKind.READ: (Scope.API_READ,),
    TokenKind.API: (Scope.API,),
}
"""The kind of a token decides what it may do."""
