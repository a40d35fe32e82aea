"""`/api/users/{user_id}`: what a member of the account may do, and leaving it."""

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from doorwatch.accounts import users as people
from doorwatch.accounts.roles import Role
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.session import shared_cameras, user_shape
from doorwatch.server.auth import FreshOwner, Parts, SignedIn
from doorwatch.server.cookies import forget_session
from doorwatch.server.errors import ApiError
from doorwatch.store.engine.errors import ConflictError
from doorwatch.store.people import users as rows
from doorwatch.store.people.users import User

router = APIRouter(tags=["people"], responses=ERRORS)


class MemberChange(shapes.Request):
    """What a member shall be, or which cameras a member shall see; what is left out stays."""

    role: shapes.Role | None = None
    cameras: session_shapes.SharedCameras = None


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
