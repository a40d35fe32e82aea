"""`/api/session/factors/passkeys`: one's own passkeys and security keys: adding, naming, removing, and asking them."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.accounts import factors, passkeys
from doorwatch.server.api import shapes
from doorwatch.server.api import signing_in_shapes as forms
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.sessions import own_id, own_secret
from doorwatch.server.auth import Arriving, FreshPerson, Parts, SignedIn
from doorwatch.server.cookies import keep_session, visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller
from doorwatch.store.people import users
from doorwatch.store.people.passkeys import passkeys_of
from doorwatch.store.people.users import User

router = APIRouter(tags=["session"], responses=ERRORS)


@router.post("/api/session/passkey")
async def ask_passkeys(caller: Arriving, parts: Parts) -> forms.PasskeyOptions:
    """What to ask one's own passkeys to sign, where the second factor is asked for."""
    user = await parts.db.read(lambda conn: _user(conn, caller))
    options = await parts.accounts.passkey_options(user)
    if options is None:
        raise ApiError(404, "there is no passkey of yours that could be asked here")
    return forms.PasskeyOptions(options=options)


@router.post("/api/session/factors/passkeys")
async def propose_passkey(caller: FreshPerson, parts: Parts) -> forms.PasskeyOptions:
    """Begin to add a passkey: what the browser asks an authenticator for."""
    now = parts.clock.now()

    def read(conn: Connection) -> forms.PasskeyOptions:
        user = _user(conn, caller)
        had = passkeys_of(conn, user.user_id)
        return forms.PasskeyOptions(options=parts.accounts.passkeys.creation_options(user, had, now))

    return await parts.db.read(read)


@router.post("/api/session/factors/passkeys/confirm", status_code=201)
async def add_passkey(
    body: forms.NewPasskey, request: Request, response: Response, caller: FreshPerson, parts: Parts
) -> forms.RecoveryCodes:
    """Add a passkey that the browser made; with the first second factor recovery codes are in the answer, this once."""
    secret = own_secret(request, caller, parts)
    renewed, codes = await parts.accounts.add_passkey(
        secret, body.credential.model_dump(), body.name, visit_of(request, parts)
    )
    keep_session(response, parts, renewed)
    return forms.RecoveryCodes(recovery_codes=codes)


@router.patch("/api/session/factors/passkeys/{passkey_id}", status_code=204)
async def rename_passkey(passkey_id: shapes.PathId, body: forms.PasskeyName, caller: SignedIn, parts: Parts) -> None:
    """Call one of one's own passkeys something else."""
    _with_passkeys(caller)
    await parts.db.write(lambda conn: passkeys.rename(conn, _user(conn, caller), passkey_id, body.name))


@router.delete("/api/session/factors/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(passkey_id: shapes.PathId, caller: FreshPerson, parts: Parts) -> None:
    """Remove one of one's own passkeys; not where a second factor is required and this is the last."""
    _with_passkeys(caller)
    now = parts.clock.now()
    await parts.db.write(
        lambda conn: factors.remove_passkey(conn, _user(conn, caller), passkey_id, now, address=caller.address)
    )


def _with_passkeys(caller: Caller) -> None:
    if caller.user_id is None:
        raise ApiError(404, "a token has no passkeys")


def _user(conn: Connection, caller: Caller) -> User:
    return users.get_user(conn, caller.account, own_id(caller))
