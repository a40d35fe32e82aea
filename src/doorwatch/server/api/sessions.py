"""`/api/sessions` and what belongs to one's own: the browsers one is signed in with, proofs, one's own password."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from doorwatch.accounts import sessions
from doorwatch.domain.time import to_iso
from doorwatch.server.api import session_shapes, shapes
from doorwatch.server.api import signing_in_shapes as forms
from doorwatch.server.api.answers import ERRORS
from doorwatch.server.api.session import begun_shape
from doorwatch.server.auth import Arriving, Owner, Parts, SignedIn
from doorwatch.server.cookies import keep_session, session_cookie, visit_of
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import Caller
from doorwatch.server.services import Services
from doorwatch.store.people import sessions as session_rows
from doorwatch.store.people import users as rows
from doorwatch.store.people.users import SessionRow

router = APIRouter(tags=["session"], responses=ERRORS)


@router.post("/api/session/proof")
async def prove(
    body: forms.Proof, request: Request, response: Response, caller: SignedIn, parts: Parts
) -> session_shapes.SessionShape:
    """Prove afresh who one is, for what needs it; the session goes on under another secret."""
    secret = own_secret(request, caller, parts)
    renewed = await parts.accounts.prove(
        secret, body.password.get_secret_value(), visit_of(request, parts), second=forms.shown(body)
    )
    keep_session(response, parts, renewed)
    return await begun_shape(parts, renewed)


@router.put("/api/session/password")
async def change_password(
    body: forms.ChangedPassword, request: Request, response: Response, caller: Arriving, parts: Parts
) -> session_shapes.SessionShape:
    """Give oneself another password; all other sessions of one's own end."""
    changed = await parts.accounts.change_password(
        own_secret(request, caller, parts),
        body.former.get_secret_value(),
        body.password.get_secret_value(),
        visit_of(request, parts),
        second=forms.shown(body),
    )
    keep_session(response, parts, changed)
    return await begun_shape(parts, changed)


@router.get("/api/sessions")
async def own_sessions(caller: SignedIn, parts: Parts) -> list[forms.OpenSession]:
    """The browsers in which one is signed in, the one used last first."""
    return await _listed(parts, own_id(caller), caller)


@router.delete("/api/sessions/{session_id}")
async def end_session(session_id: shapes.PathId, caller: SignedIn, parts: Parts) -> forms.EndedSessions:
    """End one of one's own sessions."""
    if caller.user_id is None:
        raise ApiError(404, "a token has no sessions")
    return await _end(parts, caller, own_id(caller), only=session_id)


@router.delete("/api/sessions")
async def end_other_sessions(caller: SignedIn, parts: Parts) -> forms.EndedSessions:
    """End all of one's own sessions but the one that asks."""
    return await _end(parts, caller, own_id(caller), but=caller.session_id)


@router.get("/api/users/{user_id}/sessions")
async def sessions_of(user_id: shapes.PathId, caller: Owner, parts: Parts) -> list[forms.OpenSession]:
    """The browsers in which a person acts in this account, the one used last first."""
    return await _listed(parts, user_id, caller, account=caller.account)


@router.delete("/api/users/{user_id}/sessions")
async def end_sessions_of(user_id: shapes.PathId, caller: Owner, parts: Parts) -> forms.EndedSessions:
    """End all sessions of a person in this account, such as of one whose computer was lost."""
    return await _end(parts, caller, user_id, account=caller.account)


async def _listed(
    parts: Services, user_id: str, caller: Caller, *, account: str | None = None
) -> list[forms.OpenSession]:
    now = parts.clock.now()

    def read(conn: Connection) -> list[SessionRow]:
        user = rows.get_user(conn, caller.account, user_id)
        return sessions.listed(conn, user.user_id, parts.accounts.lives, now, account=account)

    return [_session(row, caller) for row in await parts.db.read(read)]


async def _end(
    parts: Services,
    caller: Caller,
    user_id: str,
    *,
    only: str | None = None,
    but: str | None = None,
    account: str | None = None,
) -> forms.EndedSessions:
    now = parts.clock.now()

    def write(conn: Connection) -> int:
        user = rows.get_user(conn, caller.account, user_id)
        return sessions.end(
            conn, user, only=only, but=but, account=account, now=now, by=caller.name, address=caller.address
        )

    return forms.EndedSessions(ended=await parts.db.write(write))


def _session(row: SessionRow, caller: Caller) -> forms.OpenSession:
    session_id = session_rows.public_id(row.session_hash)
    return forms.OpenSession(
        id=session_id,
        current=session_id == caller.session_id,
        address=row.address,
        agent=row.agent,
        method=row.method,
        created_at=to_iso(row.created_at),
        used_at=to_iso(row.used_at),
        expires_at=to_iso(row.expires_at),
    )


def own_id(caller: Caller) -> str:
    """The id of the person who asks. Raises ApiError for a token."""
    if caller.user_id is None:
        raise ApiError(403, "a token is nobody who signs in: ask with a session")
    return caller.user_id


def own_secret(request: Request, caller: Caller, parts: Services) -> str:
    """What the cookie of the person who asks holds. Raises ApiError for a token."""
    own_id(caller)
    return request.cookies.get(session_cookie(parts.settings), "")
