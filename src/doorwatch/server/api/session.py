"""`/api/session`, `/api/users`: signing in and out, and the people of the account."""

from collections.abc import Collection
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.accounts import Session, methods
from doorwatch.accounts import SignedIn as BegunSession
from doorwatch.accounts.passwords import random_password
from doorwatch.accounts.roles import Role
from doorwatch.accounts.users import add_user as store_user
from doorwatch.accounts.users import set_password as store_password
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.signing_in_shapes import SignedOut, SignIn, shown
from doorwatch.server.auth import FreshOwner, Manager, Parts, Public, SignedIn, person
from doorwatch.server.binding import address
from doorwatch.server.cookies import forget_session, keep_session, session_cookie, visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller, Permission
from doorwatch.server.services import Services
from doorwatch.store import cameras, sites, tenants
from doorwatch.store.engine.errors import UnknownError
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
async def who_am_i(caller: SignedIn, parts: Parts) -> session_shapes.SessionShape:
    """Who is signed in, and what that person may do."""
    if caller.user_id is None:
        raise ApiError(403, "a token is nobody who signs in; ask with a session")
    user_id = caller.user_id
    user = await parts.db.read(lambda conn: rows.get_user(conn, caller.account, user_id))
    return await session_shape(parts, caller, user)


@router.delete("/api/session")
async def sign_out(request: Request, response: Response, caller: SignedIn, parts: Parts) -> SignedOut:
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


@router.get("/api/users")
async def list_users(caller: Manager, parts: Parts) -> list[session_shapes.UserShape]:
    """The people of the account."""
    found = await parts.db.read(lambda conn: rows.list_users(conn, caller.account))
    return [user_shape(user) for user in found]


@router.post("/api/users", status_code=201)
async def add_user(body: session_shapes.NewUser, caller: FreshOwner, parts: Parts) -> session_shapes.UserWithPassword:
    """Add a person; a password that was made is in the answer, this once."""
    made = None if body.password else random_password()
    password = body.password.get_secret_value() if body.password else made or ""
    now = parts.clock.now()

    def add(conn: Connection) -> User:
        return store_user(
            conn,
            caller.account,
            parts.accounts.passwords,
            email=body.email,
            password=password,
            role=Role(body.role),
            now=now,
            by=caller.name,
            name=body.name or None,
            cameras=shared_cameras(conn, caller.account, body.cameras),
            address=caller.address,
        )

    user = await parts.db.write(add)
    return session_shapes.UserWithPassword(user=user_shape(user), password=made)


@router.put("/api/users/{user_id}/password")
async def set_password(
    user_id: shapes.PathId, body: session_shapes.NewPassword, caller: FreshOwner, parts: Parts
) -> session_shapes.UserWithPassword:
    """Give a person a new password; all of that person's sessions end."""
    made = None if body.password else random_password()
    password = body.password.get_secret_value() if body.password else made or ""
    now = parts.clock.now()

    def keep(conn: Connection) -> User:
        may_set_password(conn, caller, user_id)
        return store_password(
            conn,
            caller.account,
            parts.accounts.passwords,
            user_id,
            password,
            now=now,
            by=caller.name,
            address=caller.address,
        )

    user = await parts.db.write(keep)
    return session_shapes.UserWithPassword(user=user_shape(user), password=made)


def may_set_password(conn: Connection, caller: Caller, user_id: str) -> None:
    """Whoever sets a password can sign in with it, in every account of that person. Raises ApiError, UnknownError."""
    if caller.user_id == user_id or caller.may(Permission.INSTALLATION):
        return
    rows.get_user(conn, caller.account, user_id)
    if len(rows.memberships_of(conn, user_id)) > 1:
        raise ApiError(
            409,
            "this person belongs to other accounts too, which a new password would open: they change it themselves, or "
            "whoever runs the server does with doorwatch user passwd",
        )


def shared_cameras(conn: Connection, account: str, camera_ids: list[str] | None) -> tuple[str, ...] | None:
    """The cameras to share with somebody, which are all of this account. Raises UnknownError."""
    if camera_ids is None:
        return None
    unknown = set(camera_ids) - cameras.present(conn, account, camera_ids)
    if unknown:
        raise UnknownError(f"there is no camera {min(unknown)!r}; it may have been taken away: reload the page")
    return tuple(camera_ids)


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
