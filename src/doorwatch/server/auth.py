"""Who calls: the session behind a cookie, or the token behind an Authorization header; and may they do this."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller, Permission, needs
from doorwatch.server.services import Services, services_of

SESSION_COOKIE = "doorwatch_session"


async def caller_of(connection: HTTPConnection) -> Caller | None:
    """Who calls, or None when nobody is known by the cookie or token that came along."""
    return None


def _checker(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    @needs(permission)
    async def check(request: Request) -> Caller:
        caller = await caller_of(request)
        if caller is None:
            raise ApiError(401, "sign in first: POST /api/session with e-mail and password, or send a token")
        if not caller.may(permission):
            raise ApiError(403, f"this needs the permission {permission.value!r}; ask an owner of the account")
        return caller

    return check


@needs(Permission.PUBLIC)
async def public() -> None:
    """The dependency of a route that everybody may call."""


@needs(Permission.SHARED)
async def shared() -> None:
    """The dependency of a route that checks a signed link itself."""


SignedIn = Annotated[Caller, Depends(_checker(Permission.SIGNED_IN))]
Viewer = Annotated[Caller, Depends(_checker(Permission.VIEW))]
Reviewer = Annotated[Caller, Depends(_checker(Permission.REVIEW))]
Manager = Annotated[Caller, Depends(_checker(Permission.MANAGE))]
Owner = Annotated[Caller, Depends(_checker(Permission.OWN))]
Public = Depends(public)
Shared = Depends(shared)


def _services(request: Request) -> Services:
    return services_of(request)


Parts = Annotated[Services, Depends(_services)]
