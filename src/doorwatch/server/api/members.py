"""`/api/users`: the members of the account, what each of them may do, and leaving it."""

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from doorwatch.accounts import users as people
from doorwatch.accounts.passwords import random_password
from doorwatch.accounts.roles import Role
from doorwatch.domain.time import to_iso
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.session import user_shape
from doorwatch.server.api.views import iso
from doorwatch.server.auth import FreshOwner, Manager, Parts, SignedIn
from doorwatch.server.cookies import forget_session
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller, Permission
from doorwatch.store import cameras
from doorwatch.store.engine.errors import ConflictError, UnknownError
from doorwatch.store.people import users as rows
from doorwatch.store.people.users import User

router = APIRouter(tags=["people"], responses=ERRORS)


class MemberChange(shapes.Request):
    """What a member shall be, or which cameras a member shall see; what is left out stays."""

    role: shapes.Role | None = None
    cameras: session_shapes.SharedCameras = None


@router.get("/api/users")
async def list_users(caller: Manager, parts: Parts) -> list[session_shapes.MemberShape]:
    """The people of the account by e-mail, and when each of them last signed in to it."""
    found = await parts.db.read(lambda conn: rows.list_users(conn, caller.account))
    return [_member(user) for user in found]


@router.post("/api/users", status_code=201)
async def add_user(body: session_shapes.NewUser, caller: FreshOwner, parts: Parts) -> session_shapes.UserWithPassword:
    """Add a person; a password that was made is in the answer, this once, and is replaced at the first sign-in."""
    made = None if body.password else random_password()
    password = body.password.get_secret_value() if body.password else made or ""
    now = parts.clock.now()

    def add(conn: Connection) -> User:
        return people.add_user(
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
            given=made is not None,
        )

    user = await parts.db.write(add)
    return session_shapes.UserWithPassword(user=user_shape(user), password=made)


@router.put("/api/users/{user_id}/password")
async def set_password(
    user_id: shapes.PathId, body: session_shapes.NewPassword, caller: FreshOwner, parts: Parts
) -> session_shapes.UserWithPassword:
    """Give a person a new password; all of that person's sessions end. One that was made is replaced at the next sign-in."""
    made = None if body.password else random_password()
    password = body.password.get_secret_value() if body.password else made or ""
    now = parts.clock.now()

    def keep(conn: Connection) -> User:
        may_set_password(conn, caller, user_id)
        return people.set_password(
            conn,
            caller.account,
            parts.accounts.passwords,
            user_id,
            password,
            now=now,
            by=caller.name,
            address=caller.address,
            given=made is not None,
        )

    user = await parts.db.write(keep)
    return session_shapes.UserWithPassword(user=user_shape(user), password=made)


@router.patch("/api/users/{user_id}")
async def change_member(
    user_id: shapes.PathId, body: MemberChange, caller: FreshOwner, parts: Parts
) -> session_shapes.UserShape:
    """Give a member another role, or share other cameras; the last owner stays one, and sees all."""
    now = parts.clock.now()

    def change(conn: Connection) -> User:
        user = rows.get_user(conn, caller.account, user_id)
        if body.role is not None:
            user = people.set_role(
                conn, caller.account, user_id, Role(body.role), now=now, by=caller.name, address=caller.address
            )
        if "cameras" in body.model_fields_set:
            shared = shared_cameras(conn, caller.account, body.cameras)
            user = people.share_cameras(
                conn, caller.account, user_id, shared, now=now, by=caller.name, address=caller.address
            )
        return user

    return user_shape(await parts.db.write(change))


@router.delete("/api/users/{user_id}", status_code=204)
async def remove_user(user_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> None:
    """Take a person out of the account; whoever belongs to no other is forgotten. The last owner stays."""
    now = parts.clock.now()
    await parts.db.write(
        lambda conn: people.remove(conn, caller.account, user_id, now=now, by=caller.name, address=caller.address)
    )


@router.post("/api/users/{user_id}/owner")
async def hand_over(user_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> session_shapes.UserShape:
    """Hand the account over: the person becomes its owner, and whoever hands it over keeps Can Manage."""
    now, mine = parts.clock.now(), caller.user_id

    def change(conn: Connection) -> User:
        rows.get_user(conn, caller.account, user_id)
        if mine is None:
            raise ConflictError("a token owns nothing to hand over: sign in as an owner")
        return people.hand_over(conn, caller.account, mine, user_id, now=now, by=caller.name, address=caller.address)

    return user_shape(await parts.db.write(change))


@router.delete("/api/session/account", status_code=204)
async def leave(response: Response, caller: SignedIn, parts: Parts) -> None:
    """Leave the account in which one acts, and sign out; the last owner stays."""
    now, mine = parts.clock.now(), caller.user_id
    if mine is None:
        raise ApiError(403, "a token leaves no account: revoke it")
    await parts.db.write(
        lambda conn: people.remove(conn, caller.account, mine, now=now, by=caller.name, address=caller.address)
    )
    forget_session(response, parts)


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


def _member(user: User) -> session_shapes.MemberShape:
    given = user.password_given_at
    return session_shapes.MemberShape(
        **user_shape(user).model_dump(),
        last_seen_at=iso(user.used_at),
        password_ends_at=None if given is None else to_iso(given + people.GIVEN_FOR),
    )
