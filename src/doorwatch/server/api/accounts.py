"""`/api/accounts`: the tenants of the installation, for the commands of the server's own machine."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import Connection

from doorwatch.accounts.passwords import random_password
from doorwatch.accounts.roles import Role
from doorwatch.accounts.users import add_user, admit, normal_email
from doorwatch.domain.time import to_iso
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.session import user_shape
from doorwatch.server.auth import Administrator, Parts
from doorwatch.server.noting import note
from doorwatch.store import tenants
from doorwatch.store.people import users as rows

router = APIRouter(tags=["accounts"], responses=ERRORS)


class NewAccount(shapes.Request):
    """An account to make, with its first site and its first owner."""

    name: shapes.Word
    time_zone: Annotated[str, Field(min_length=1, max_length=100, description="IANA name, of its first site")] = "UTC"
    owner_email: Annotated[str, Field(min_length=3, max_length=320)]
    owner_name: Annotated[str, Field(max_length=200)] = ""


class ListedAccount(shapes.Answer):
    """An account and how many people belong to it."""

    id: str
    name: str
    created_at: shapes.Time
    people: int


class MadeAccount(shapes.Answer):
    """An account that was made; its owner's password, if one was made, is told this once."""

    account: session_shapes.AccountShape
    owner: session_shapes.UserShape
    password: str | None


@router.get("/api/accounts")
async def list_accounts(_caller: Administrator, parts: Parts) -> list[ListedAccount]:
    """All accounts of the installation, the oldest first."""

    def read(conn: Connection) -> list[ListedAccount]:
        return [
            ListedAccount(
                id=one.account_id,
                name=one.name,
                created_at=to_iso(one.created_at),
                people=len(rows.list_users(conn, one.account_id)),
            )
            for one in tenants.list_accounts(conn)
        ]

    return await parts.db.read(read)


@router.post("/api/accounts", status_code=201)
async def add_account(body: NewAccount, caller: Administrator, parts: Parts) -> MadeAccount:
    """Make an account; its owner is somebody who signs in here already, or a new person with a password made once."""
    now, made = parts.clock.now(), random_password()

    def make(conn: Connection) -> MadeAccount:
        account = tenants.create_account(conn, body.name, now)
        site = tenants.create_site(conn, account.account_id, body.name, body.time_zone)
        tenants.create_pacs(conn, account.account_id, site.site_id, "Access control", now)
        note(conn, replace(caller, account=account.account_id), now, "account.add", body.name)
        known = rows.find_person(conn, normal_email(body.owner_email))
        if known is not None:
            owner = admit(
                conn, account.account_id, known, role=Role.OWNER, now=now, by=caller.name, address=caller.address
            )
        else:
            owner = add_user(
                conn,
                account.account_id,
                parts.accounts.passwords,
                email=body.owner_email,
                password=made,
                role=Role.OWNER,
                now=now,
                by=caller.name,
                name=body.owner_name,
                address=caller.address,
                given=True,
            )
        return MadeAccount(
            account=session_shapes.AccountShape(id=account.account_id, name=account.name),
            owner=user_shape(owner),
            password=made if known is None else None,
        )

    return await parts.db.write(make)
