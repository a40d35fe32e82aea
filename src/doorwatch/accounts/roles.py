"""Roles of people and scopes of tokens."""

from enum import StrEnum


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
    API = "api"


class TokenKind(StrEnum):
    """Who holds a token; the kind decides its scopes."""

    GATEWAY = "gateway"
    ANALYZER = "analyzer"
    API = "api"

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What a token of this kind may do."""
        return {
            TokenKind.GATEWAY: (Scope.PACS_WRITE,),
            TokenKind.ANALYZER: (Scope.ANALYZER_WRITE,),
            TokenKind.API: (Scope.API,),
        }[self]
