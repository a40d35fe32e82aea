"""`/api/session`: signing in and out, and in which account somebody acts."""

from collections.abc import Collection
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.accounts import Session, methods
from doorwatch.accounts import SignedIn as BegunSession
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.signing_in_shapes import SignedOut, SignIn, shown
from doorwatch.server.auth import Arriving, Parts, Public, SignedIn, person
from doorwatch.server.binding import address
from doorwatch.server.cookies import forget_session, keep_session, session_cookie, visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller
from doorwatch.server.services import Services
from doorwatch.store import sites, tenants
from doorwatch.store.people import users as rows
from doorwatch.store.people.factors import has_factor
from doorwatch.store.people.users import User
from doorwatch.store.sites import Places
from doorwatch.store.tenants import Site

router = APIRouter(tags=["session"], responses=ERRORS)


@router.post("/api/session", dependencies=[Public])
async def sign_in(body: SignIn, request: Request, response: Response, parts: Parts) -> session_shapes.SessionShape:
    """Sign in; the session is a cookie that scripts can't read."""
    signed_in = await parts.accounts.sign_in(
        body.email, body.password.get_secret_value(), visit_of(request, parts), second=shown(body)
    )
    keep_session(response, parts, signed_in)
    return await begun_shape(parts, signed_in)


@router.get("/api/session")
async def who_am_i(caller: Arriving, parts: Parts) -> session_shapes.SessionShape:
    """Who is signed in, and what that person may do."""
    if caller.user_id is None:
        raise ApiError(403, "a token is nobody who signs in; ask with a session")
    user_id = caller.user_id
    user = await parts.db.read(lambda conn: rows.get_user(conn, caller.account, user_id))
    return await session_shape(parts, caller, user)


@router.delete("/api/session")
async def sign_out(request: Request, response: Response, caller: Arriving, parts: Parts) -> SignedOut:
    """Sign out: the session ends here, whatever the browser keeps; who came from a provider may sign out there, too."""
    cookie = request.cookies.get(session_cookie(parts.settings))
    elsewhere = None
    if cookie and caller.user_id is not None:
        if parts.sign_on is not None and caller.method in methods.BY_PROVIDER:
            token = await parts.accounts.id_token(cookie)
            elsewhere = await parts.sign_on.sign_out_address(token, address(parts.settings).rstrip("/") + "/")
        await parts.accounts.sign_out(cookie)
    forget_session(response, parts)
    # Pictures and videos that the browser kept; what it remembers of looks and sites is nobody's secret, and stays.
    response.headers["Clear-Site-Data"] = '"cache"'
    return SignedOut(provider=elsewhere)


@router.put("/api/session/account")
async def switch_account(
    body: session_shapes.AccountChoice, request: Request, caller: SignedIn, parts: Parts
) -> session_shapes.SessionShape:
    """Act in another account that one belongs to, in this browser, until the next switch."""
    cookie = request.cookies.get(session_cookie(parts.settings))
    if caller.user_id is None or cookie is None:
        raise ApiError(403, "a token acts in the account that issued it; issue one in the other account")
    user = await parts.accounts.switch(cookie, body.account_id, address=caller.address)
    return await session_shape(parts, person(user, caller.address, await parts.accounts.session(cookie)), user)


async def begun_shape(parts: Services, signed_in: BegunSession) -> session_shapes.SessionShape:
    """Who has just signed in, as it is told."""
    session = Session(
        signed_in.user,
        signed_in.expires_at,
        signed_in.session_id,
        method=signed_in.method,
        limited=signed_in.limited,
    )
    return await session_shape(parts, person(signed_in.user, session=session), signed_in.user)


async def session_shape(parts: Services, caller: Caller, user: User) -> session_shapes.SessionShape:
    """Who is signed in, as it is told."""

    def read(conn: Connection) -> session_shapes.SessionShape:
        account, places = tenants.get_account(conn, caller.account), sites.read(conn, caller.account, parts.clock.now())
        seen = places.sites.values() if caller.cameras is None else _seen(places, caller.cameras)
        return session_shapes.SessionShape(
            user=user_shape(user),
            account=session_shapes.AccountShape(id=account.account_id, name=account.name),
            site=_site(places.default if caller.cameras is None or not seen else next(iter(seen))),
            sites=[_site(site) for site in seen],
            permissions=sorted(permission.value for permission in caller.permissions),
            second_factor=has_factor(conn, user.user_id),
            has_password=user.password_hash is not None,
            proof="provider" if caller.method in methods.BY_PROVIDER else "password",
            limited=cast("Any", caller.limited),
            accounts=[
                session_shapes.MembershipShape(id=one.account_id, name=one.account_name, role=_role(one.role))
                for one in rows.memberships_of(conn, user.user_id)
            ],
        )

    return await parts.db.read(read)


def _site(site: Site) -> session_shapes.SiteShape:
    return session_shapes.SiteShape(site_id=site.site_id, name=site.name, time_zone=site.time_zone)


def _seen(places: Places, cameras: Collection[str]) -> list[Site]:
    """The sites of some cameras."""
    there = {places.of_camera(camera_id).site_id for camera_id in cameras}
    return [site for site_id, site in places.sites.items() if site_id in there]


def user_shape(user: User) -> session_shapes.UserShape:
    """A person, as it is told."""
    return session_shapes.UserShape(
        id=user.user_id,
        email=user.email,
        name=user.name,
        role=_role(user.role),
        cameras=None if user.cameras is None else list(user.cameras),
    )


def _role(role: str) -> shapes.Role:
    return cast("shapes.Role", role)
