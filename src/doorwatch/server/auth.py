"""Who calls: the session behind a cookie, or the token behind an Authorization header; and may they do this."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from doorwatch.accounts import Accounts, Session
from doorwatch.accounts.limits import Limit
from doorwatch.accounts.sessions import FRESH_FOR
from doorwatch.accounts.tokens import Refusal, hash_of
from doorwatch.domain.time import MINUTE, Micros
from doorwatch.server.cookies import session_cookie
from doorwatch.server.errors import ApiError
from doorwatch.server.permissions import PERMISSIONS_OF_GUEST, PERMISSIONS_OF_ROLE, Caller, Permission, needs
from doorwatch.server.services import Services, services_of
from doorwatch.store.people.tokens import Token
from doorwatch.store.people.users import User

_MOST_PRODUCERS = 256
_LIMITED = {
    Limit.PASSWORD: "this password was made for the first sign-in: open the page, and choose your own first",
    Limit.SECOND_FACTOR: "a second factor is asked for here: open the page, and add or show one first",
    Limit.USAGE_NOTICE: "this account has a usage notice: open the page, and accept it first",
}

PERMISSIONS_OF_SCOPE = {
    "pacs:write": frozenset({Permission.PACS_WRITE}),
    "analyzer:write": frozenset({Permission.ANALYZER_WRITE}),
    "api:read": PERMISSIONS_OF_ROLE["view"],
    # Only owners issue these, so they may do what owners may.
    "api": PERMISSIONS_OF_ROLE["owner"],
    "installation": frozenset({Permission.INSTALLATION}),
}


async def caller_of(connection: HTTPConnection, *, using: bool = True) -> Caller:
    """Who calls, by the cookie or the token that came along. Raises ApiError with 401 and the reason, or 429.

    A token wins over a cookie: who sends one means it. Without `using`, neither does a session count as used by that, nor
    does the caller count as having asked.
    """
    caller = await _known(connection, using=using)
    if using:
        services_of(connection).limits.count(caller)
    return caller


async def _known(connection: HTTPConnection, *, using: bool) -> Caller:
    accounts = services_of(connection).accounts
    address = connection.client.host if connection.client else None
    given = connection.headers.get("authorization")
    if given is not None:
        return _machine(await _token(accounts, given, address), address)
    cookie = connection.cookies.get(session_cookie(services_of(connection).settings))
    session = await accounts.session(cookie, using=using) if cookie else None
    if session is None:
        raise ApiError(
            401,
            "sign in first: POST /api/session with e-mail and password, or send a token",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return person(session.user, address, session)


def proved(caller: Caller, now: Micros) -> Caller:
    """The caller, who has proved a moment ago who they are. Raises ApiError with 403 that asks for it.

    Machines hold nothing but their token, and are not asked.
    """
    if caller.token_id is None and now - caller.proved_at > FRESH_FOR:
        minutes = FRESH_FOR // MINUTE
        sentence = f"this needs a proof of who you are that is at most {minutes} minutes old: enter your password again"
        raise ApiError(403, sentence, reason="prove")
    return caller


def admitted(caller: Caller, permission: Permission) -> Caller:
    """The caller, who may do this. Raises ApiError with 403 that says what is missing."""
    if caller.may(permission):
        return caller
    if caller.limited is not None:
        raise ApiError(403, _LIMITED[Limit(caller.limited)], reason=caller.limited)
    if caller.cameras is not None:
        raise ApiError(
            403,
            "only some cameras are shared with you, and this tells of more than these: ask an owner of the account",
            reason="cameras",
        )
    if caller.token_id is None:
        raise ApiError(403, f"this needs the permission {permission.value!r}; ask an owner of the account")
    scopes = [scope for scope, permissions in PERMISSIONS_OF_SCOPE.items() if permission in permissions]
    sentence = f"this token may not do that: it needs one with the scope {' or '.join(scopes)}"
    raise ApiError(403, sentence, headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'}, scopes=scopes)


async def _token(accounts: Accounts, header: str, address: str | None) -> Token:
    secret = _token_in(header)
    if secret is None:
        raise ApiError(
            401,
            "this Authorization is not understood: send a token as Authorization: Bearer <token>",
            headers={"WWW-Authenticate": "Bearer"},
        )
    found = await accounts.token(secret, address=address)
    if isinstance(found, Refusal):
        said = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise ApiError(401, found.sentence, headers=said, reason=found.value)
    return found


@dataclass(frozen=True, slots=True)
class Producer:
    """A machine that may write for one access control system."""

    account: str
    pacs: str
    token_id: str


class Producers:
    """Which producer is behind an Authorization header, for the thousands of posts a second that one of them sends.

    What is remembered is how the header was read. Whether its token is still good is asked with every post.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[str, Token, Producer]] = {}

    def remembered(self, accounts: Accounts, authorization: bytes) -> Producer | None:
        """The producer behind a header that was good a moment ago; None says nothing about it."""
        known = self._known.get(authorization)
        if known is not None and accounts.remembered(known[0]) is known[1]:
            return known[2]
        secret = _token_in(authorization.decode("latin-1"))
        if secret is None:
            return None
        key = hash_of(secret)
        token = accounts.remembered(key)
        if token is None or token.pacs_id is None or Permission.PACS_WRITE not in _machine(token, None).permissions:
            return None
        if len(self._known) >= _MOST_PRODUCERS:
            self._known.clear()
        producer = Producer(token.account_id, token.pacs_id, token.token_id)
        self._known[authorization] = (key, token, producer)
        return producer


def person(user: User, address: str | None = None, session: Session | None = None) -> Caller:
    """A signed-in user as a caller."""
    limited = session.limited if session is not None else None
    shared = None if user.cameras is None else frozenset(user.cameras)
    permissions = PERMISSIONS_OF_ROLE[user.role] if shared is None else PERMISSIONS_OF_GUEST
    permissions = frozenset({Permission.SIGNED_IN}) if limited is not None else permissions
    return Caller(
        user.account_id,
        user.email,
        permissions,
        user_id=user.user_id,
        address=address,
        session_id=session.session_id if session else None,
        limited=limited,
        proved_at=session.proved_at if session else 0,
        cameras=shared,
        method=session.method if session else "",
    )


def _machine(token: Token, address: str | None) -> Caller:
    permissions = frozenset(permission for scope in token.scopes for permission in PERMISSIONS_OF_SCOPE[scope])
    return Caller(
        token.account_id, token.name, permissions, token_id=token.token_id, pacs=token.pacs_id, address=address
    )


def _token_in(header: str) -> str | None:
    scheme, _, secret = header.strip().partition(" ")
    return secret.strip() or None if scheme.lower() in {"bearer", "token"} else None


def _checker(
    permission: Permission, *, fresh: bool = False, arriving: bool = False
) -> Callable[..., Awaitable[Caller]]:
    @needs(permission)
    async def check(request: Request) -> Caller:
        caller = admitted(await caller_of(request), permission)
        if caller.limited == Limit.PASSWORD and not arriving:
            raise ApiError(403, _LIMITED[Limit.PASSWORD], reason=caller.limited)
        return proved(caller, services_of(request).clock.now()) if fresh else caller

    return check


@needs(Permission.PUBLIC)
async def public() -> None:
    """The dependency of a route that everybody may call."""


@needs(Permission.PUBLIC)
async def trying(request: Request) -> None:
    """The dependency of a public route that tries a secret or asks a provider: 429 for too many from one network."""
    services_of(request).limits.count_stranger(request.client.host if request.client else None)


@needs(Permission.SHARED)
async def shared() -> None:
    """The dependency of a route that checks a signed link itself."""


SignedIn = Annotated[Caller, Depends(_checker(Permission.SIGNED_IN))]
# Also who came with a password that the server made: nothing else is open before it is replaced.
Arriving = Annotated[Caller, Depends(_checker(Permission.SIGNED_IN, arriving=True))]
# Whoever may look, perhaps at some cameras only: the route shows nothing but what `caller.cameras` see.
Guest = Annotated[Caller, Depends(_checker(Permission.VIEW_SHARED))]
Viewer = Annotated[Caller, Depends(_checker(Permission.VIEW))]
Reviewer = Annotated[Caller, Depends(_checker(Permission.REVIEW))]
Manager = Annotated[Caller, Depends(_checker(Permission.MANAGE))]
Owner = Annotated[Caller, Depends(_checker(Permission.OWN))]
Administrator = Annotated[Caller, Depends(_checker(Permission.INSTALLATION))]
# For what could do much harm: the person has entered the password some minutes ago.
FreshPerson = Annotated[Caller, Depends(_checker(Permission.SIGNED_IN, fresh=True))]
FreshManager = Annotated[Caller, Depends(_checker(Permission.MANAGE, fresh=True))]
FreshOwner = Annotated[Caller, Depends(_checker(Permission.OWN, fresh=True))]
Public = Depends(public)
Trying = Depends(trying)
Shared = Depends(shared)


def _services(request: Request) -> Services:
    return services_of(request)


Parts = Annotated[Services, Depends(_services)]
