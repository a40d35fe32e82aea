"""What a caller may do: permissions, which role holds which, and how a route says the one it needs.

Every route names exactly one permission; a route that people reach without signing in says `PUBLIC` in so many words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from starlette.routing import BaseRoute

from doorwatch.domain.time import Micros

_MARK = "__doorwatch_permission__"

F = TypeVar("F", bound=Callable[..., Any])


class Permission(StrEnum):
    """What a route asks of its caller."""

    PUBLIC = "public"
    SHARED = "shared link"
    SIGNED_IN = "signed in"
    VIEW_SHARED = "view shared"
    """To look at what is seen by the cameras that are shared with the caller: the route shows nothing else."""
    VIEW = "view"
    REVIEW = "review"
    MANAGE = "manage"
    OWN = "own"
    PACS_WRITE = "pacs:write"
    ANALYZER_WRITE = "analyzer:write"
    INSTALLATION = "installation"


_GUEST = frozenset({Permission.SIGNED_IN, Permission.VIEW_SHARED})
_VIEW = _GUEST | {Permission.VIEW}
_MANAGE = _VIEW | {Permission.REVIEW, Permission.MANAGE}

PERMISSIONS_OF_GUEST = _GUEST
"""Of somebody with whom only some cameras are shared, whatever the role: routes that do not filter refuse them."""
PERMISSIONS_OF_ROLE = {"view": _VIEW, "manage": _MANAGE, "owner": _MANAGE | {Permission.OWN}}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a signed-in user, or a token of a machine; `cameras` are the only ones to see, None for all."""

    account: str
    name: str
    permissions: frozenset[Permission]
    user_id: str | None = None
    token_id: str | None = None
    pacs: str | None = None
    address: str | None = None
    session_id: str | None = None
    limited: str | None = None
    proved_at: Micros = 0
    cameras: frozenset[str] | None = None
    method: str = ""
    """By what a person's session was begun."""

    def may(self, permission: Permission) -> bool:
        """Whether this caller holds the permission."""
        return permission is Permission.PUBLIC or permission in self.permissions


def needs(permission: Permission) -> Callable[[F], F]:
    """Mark a handler with the permission that it checks itself (lean routes, sockets, public pages)."""

    def mark(handler: F) -> F:
        setattr(handler, _MARK, permission)
        return handler

    return mark


def all_routes(router: Any) -> list[Any]:
    """Every route, those inside of included routers too."""
    found: list[Any] = []
    for route in router.routes:
        inner = getattr(route, "original_router", None)
        found += [route] if inner is None else all_routes(inner)
    return found


def permission_of(route: BaseRoute) -> Permission | None:
    """The permission that a route declares, by mark or by one of its dependencies; None when it declares none."""
    marked = _marked(getattr(route, "endpoint", None))
    if marked is not None:
        return marked
    waiting = [getattr(route, "dependant", None)]
    while waiting:
        dependant = waiting.pop()
        if dependant is None:
            continue
        found = _marked(dependant.call)
        if found is not None:
            return found
        waiting.extend(dependant.dependencies)
    return None


def _marked(handler: Any) -> Permission | None:
    found = getattr(handler, _MARK, None)
    return found if isinstance(found, Permission) else None
