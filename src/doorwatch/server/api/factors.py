"""`/api/session/factors`, `/api/security`: one's own second factor, taking away another's, and requiring one of all."""

import segno
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.accounts import factors, totp
from doorwatch.domain.time import Micros, to_iso
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api import signing_in_shapes as forms
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.members import may_set_password
from doorwatch.server.api.session import begun_shape
from doorwatch.server.api.sessions import own_id, own_secret
from doorwatch.server.api.views import iso
from doorwatch.server.auth import FreshOwner, FreshPerson, Parts, SignedIn, Viewer
from doorwatch.server.cookies import keep_session, visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller
from doorwatch.store.people import factors as rows
from doorwatch.store.people import users
from doorwatch.store.people.passkeys import Passkey, passkeys_of
from doorwatch.store.people.users import User

router = APIRouter(tags=["session"], responses=ERRORS)

_ISSUER = "Doorwatch"


@router.get("/api/session/factors")
async def own_factors(caller: SignedIn, parts: Parts) -> forms.Factors:
    """One's own second factor."""
    user_id = own_id(caller)

    def read(conn: Connection) -> forms.Factors:
        app = rows.find_authenticator(conn, user_id)
        return forms.Factors(
            authenticator_since=iso(app.confirmed_at) if app else None,
            passkeys=[_passkey(one) for one in passkeys_of(conn, user_id)],
            passkeys_possible=parts.accounts.passkeys.place is not None,
            recovery_codes_left=rows.codes_left(conn, user_id),
            required=factors.is_required_of(conn, user_id),
        )

    return await parts.db.read(read)


@router.post("/api/session/factors/authenticator", status_code=201)
async def propose_authenticator(caller: FreshPerson, parts: Parts) -> forms.NewAuthenticator:
    """Begin to add an authenticator app; it counts once its first code was confirmed."""
    own_id(caller)
    now = parts.clock.now()
    app = await parts.db.write(lambda conn: factors.propose(conn, _user(conn, caller), now))
    address = totp.address_for_apps(app.secret, caller.name, _ISSUER)
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
    return forms.NewAuthenticator(secret=app.secret, address=address, picture=picture)


@router.post("/api/session/factors/authenticator/confirm")
async def confirm_authenticator(
    body: forms.FactorCode, request: Request, response: Response, caller: FreshPerson, parts: Parts
) -> forms.RecoveryCodes:
    """Add the authenticator app for good, by its first code; recovery codes are in the answer, this once."""
    secret = own_secret(request, caller, parts)
    renewed, codes = await parts.accounts.confirm_authenticator(secret, body.code, visit_of(request, parts))
    keep_session(response, parts, renewed)
    return forms.RecoveryCodes(recovery_codes=codes)


@router.post("/api/session/factor")
async def show_factor(
    body: forms.SecondFactor, request: Request, response: Response, caller: SignedIn, parts: Parts
) -> session_shapes.SessionShape:
    """Show one's second factor in a session that was begun without one."""
    secret = own_secret(request, caller, parts)
    renewed = await parts.accounts.show_factor(secret, forms.shown(body) or "", visit_of(request, parts))
    keep_session(response, parts, renewed)
    return await begun_shape(parts, renewed)


@router.post("/api/session/factors/recovery-codes")
async def renew_codes(caller: FreshPerson, parts: Parts) -> forms.RecoveryCodes:
    """Make new recovery codes, which are in the answer, this once; the former ones end."""
    own_id(caller)
    now = parts.clock.now()
    codes = await parts.db.write(
        lambda conn: factors.renew_codes(conn, _user(conn, caller), now, address=caller.address)
    )
    return forms.RecoveryCodes(recovery_codes=codes)


@router.delete("/api/session/factors/authenticator", status_code=204)
async def remove_authenticator(caller: FreshPerson, parts: Parts) -> None:
    """Take one's own authenticator app away; not where a second factor is required and this is the last."""
    own_id(caller)
    now = parts.clock.now()
    await parts.db.write(lambda conn: factors.remove_app(conn, _user(conn, caller), now, address=caller.address))


@router.delete("/api/users/{user_id}/factors", status_code=204)
async def reset_factors(user_id: shapes.PathId, caller: FreshOwner, parts: Parts) -> None:
    """Take a person's second factor away, such as after a telephone was lost; all of that person's sessions end."""
    now = parts.clock.now()

    def reset(conn: Connection) -> None:
        user = users.get_user(conn, caller.account, user_id)
        may_set_password(conn, caller, user_id)
        factors.remove(conn, user, now, by=caller.name, address=caller.address)
        users.end_sessions_of(conn, user_id)

    await parts.db.write(reset)


@router.get("/api/security")
async def security(caller: Viewer, parts: Parts) -> forms.SecuritySettings:
    """What the account asks of everybody who acts in it."""
    required = await parts.db.read(lambda conn: factors.is_required(conn, caller.account))
    return forms.SecuritySettings(second_factor_required=required)


@router.put("/api/security")
async def set_security(body: forms.NewSecuritySettings, caller: FreshOwner, parts: Parts) -> forms.SecuritySettings:
    """Set what the account asks of everybody who acts in it; who requires a second factor needs one first."""
    now: Micros = parts.clock.now()
    wanted = body.second_factor_required

    def write(conn: Connection) -> None:
        mine = [caller.user_id] if caller.user_id else [u.user_id for u in users.list_users(conn, caller.account)]
        if wanted and not any(rows.has_factor(conn, user_id) for user_id in mine):
            raise ApiError(409, "add a second factor of your own first, so that you do not lock yourself out")
        factors.require(conn, caller.account, caller.name, now, required=wanted, address=caller.address)

    await parts.db.write(write)
    return forms.SecuritySettings(second_factor_required=wanted)


def _passkey(one: Passkey) -> forms.PasskeyShape:
    return forms.PasskeyShape(
        id=one.passkey_id, name=one.name, created_at=to_iso(one.created_at), used_at=iso(one.used_at)
    )


def _user(conn: Connection, caller: Caller) -> User:
    return users.get_user(conn, caller.account, own_id(caller))
