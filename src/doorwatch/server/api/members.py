"""`/api/users/{user_id}`: what a member of the account may do, and leaving it."""

from typing import cast

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from doorwatch.accounts import users as people
from doorwatch.accounts.roles import Role
from doorwatch.server.api import shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.auth import FreshOwner, Parts, SignedIn
from doorwatch.server.cookies import forget_session
from doorwatch.server.errors import ApiError
from doorwatch.store import users as rows
from doorwatch.store.errors import ConflictError
from doorwatch.store.users import User

router = APIRouter(tags=["people"], responses=ERRORS)


class RoleChange(shapes.Request):
    """What a member shall be."""

    role: shapes.Role


@router.patch("/api/users/{user_id}")
async def change_role(user_id: shapes.PathId, body: RoleChange, caller: FreshOwner, parts: Parts) -> shapes.UserShape:
    """Give a member another role; the last owner keeps it."""
    now = parts.clock.now()
    role = Role(body.role)
    return _shape(
        await parts.db.write(lambda conn: people.set_role(conn, caller.account, user_id, role, now=now, by=caller.name))
    )


@router.delete("/api/users/{user_id}", status_code=204)
async def remove_user(user_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> None:
    """Take a person out of the account; whoever belongs to no other is forgotten. The last owner stays."""
    now = parts.clock.now()
    await parts.db.write(lambda conn: people.remove(conn, caller.account, user_id, now=now, by=caller.name))


@router.post("/api/users/{user_id}/owner")
async def hand_over(user_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> shapes.UserShape:
    """Hand the account over: the person becomes its owner, and whoever hands it over keeps Can Manage."""
    now, mine = parts.clock.now(), caller.user_id

    def change(conn: Connection) -> User:
        rows.get_user(conn, caller.account, user_id)
        if mine is None:
            raise ConflictError("a token owns nothing to hand over: sign in as an owner")
        return people.hand_over(conn, caller.account, mine, user_id, now=now, by=caller.name)

    return _shape(await parts.db.write(change))


@router.delete("/api/session/account", status_code=204)
async def leave(response: Response, caller: SignedIn, parts: Parts) -> None:
    """Leave the account in which one acts, and sign out; the last owner stays."""
    now, mine = parts.clock.now(), caller.user_id
    if mine is None:
        raise ApiError(403, "a token leaves no account: revoke it")
    await parts.db.write(lambda conn: people.remove(conn, caller.account, mine, now=now, by=caller.name))
    forget_session(response, parts)


def _shape(user: User) -> shapes.UserShape:
    return shapes.UserShape(id=user.user_id, email=user.email, name=user.name, role=cast("shapes.Role", user.role))
