"""What the server asks on every request: whose session is this, whose token, and do these credentials fit."""

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from doorwatch.accounts import setup, throttle, tokens
from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.setup import FirstStart
from doorwatch.accounts.tokens import NewToken, Refusal
from doorwatch.accounts.users import AccountsError, WrongCredentialsError, normal_email
from doorwatch.domain.time import DAY, MINUTE, SECOND, Clock, Micros
from doorwatch.domain.token_form import is_well_formed
from doorwatch.store import Database, audit, setup_links
from doorwatch.store import tokens as token_rows
from doorwatch.store import users as rows
from doorwatch.store.errors import UnknownError
from doorwatch.store.tokens import Token
from doorwatch.store.users import SessionRow, User

SESSION_LIFE = 14 * DAY
SESSION_IDLE = 3 * DAY
TOUCH_EVERY = MINUTE
TOKEN_MEMORY = 5 * SECOND
"""For how long a token is taken from memory: so late does a revocation reach every replica."""

_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session; `secret` goes into the cookie and is kept nowhere."""

    user: User
    expires_at: Micros
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is good, with its user as the user is now."""

    user: User
    expires_at: Micros


class Accounts:
    """Sessions and tokens of all accounts of one database."""

    def __init__(self, db: Database, clock: Clock, passwords: Passwords | None = None) -> None:
        self._db = db
        self._clock = clock
        self.passwords = passwords or Passwords()
        self._tokens: OrderedDict[str, tuple[Micros, Token]] = OrderedDict()
        self._token_changes = 0

    async def sign_in(
        self, email: str, password: str, *, address: str | None = None, agent: str | None = None
    ) -> SignedIn:
        """Begin a session; raises WrongCredentialsError or TooManyAttemptsError."""
        now = self._clock.now()
        try:
            email = normal_email(email)
        except AccountsError:
            raise WrongCredentialsError from None
        # Counted as failed before it is checked: guesses that come at the same time do not get more tries.
        user = await self._db.write(lambda conn: _begin(conn, email, address, now))
        stored = user.password_hash if user is not None and not user.disabled else None
        fits = await asyncio.to_thread(self.passwords.matches, stored, password)
        if user is None or not fits:
            await self._db.write(lambda conn: _note_failure(conn, user, address, now))
            raise WrongCredentialsError
        better = await asyncio.to_thread(self._rehashed, stored, password)
        begun = user

        def succeed(conn: Connection) -> SignedIn:
            throttle.succeeded(conn, email, address)
            return _begin_session(conn, begun, now, address, agent, better_hash=better)

        return await self._db.write(succeed)

    async def set_up(
        self, link: str, chosen: FirstStart, *, address: str | None = None, agent: str | None = None
    ) -> SignedIn:
        """Make the first owner, who is signed in by that; raises as `setup.set_up` does."""
        now = self._clock.now()

        def finish(conn: Connection) -> SignedIn:
            owner = setup.set_up(conn, link, self.passwords, chosen, now=now, address=address)
            return _begin_session(conn, owner, now, address, agent)

        return await self._db.write(finish)

    async def session(self, secret: str) -> Session | None:
        """The session of a cookie; None when it is unknown, over, or its user is refused."""
        now = self._clock.now()
        key = tokens.hash_of(secret)
        found = await self._db.read(lambda conn: _session(conn, key, now))
        if found is None:
            return None
        row, user = found
        if now - row.used_at >= TOUCH_EVERY:
            await self._db.write(lambda conn: rows.touch_session(conn, key, now))
        return Session(user, row.expires_at)

    async def sign_out(self, secret: str) -> None:
        """End a session."""
        await self._db.write(lambda conn: rows.end_session(conn, tokens.hash_of(secret)))

    async def switch(self, secret: str, account: str, *, address: str | None = None) -> User:
        """Let a session act in another account of its person; raises UnknownError for an account of others."""
        now, key = self._clock.now(), tokens.hash_of(secret)
        return await self._db.write(lambda conn: _switch(conn, key, account, address, now))

    async def token(self, secret: str, *, address: str | None = None) -> Token | Refusal:
        """The token with this secret, or why it is refused."""
        key = tokens.hash_of(secret)
        remembered = self._remembered(key)
        if remembered is not None:
            return remembered
        if not is_well_formed(secret):
            return Refusal.MISTYPED
        now, changes = self._clock.now(), self._token_changes
        self._tokens.pop(key, None)
        token = await self._db.read(lambda conn: token_rows.find_token(conn, key))
        if token is None:
            return Refusal.UNKNOWN
        refusal = tokens.problem_with(token, key, now)
        if refusal is not None:
            return refusal
        former = key != token.token_hash
        used_at = token.former_used_at if former else token.used_at
        if used_at is None or now - used_at >= TOUCH_EVERY:
            account, token_id = token.account_id, token.token_id
            await self._db.write(
                lambda conn: token_rows.touch_token(conn, account, token_id, now, address=address, former=former)
            )
            token = replace(token, used_at=now)
        if changes != self._token_changes:
            # It may have been revoked after it was read: whoever was waiting for that must not find it remembered.
            return await self.token(secret, address=address)
        self._tokens[key] = (now, token)
        if len(self._tokens) > _MOST_REMEMBERED:
            self._tokens.popitem(last=False)
        return token

    def remembered(self, secret: str) -> Token | None:
        """The token with this secret, if it was found to be good a moment ago; None says nothing about it."""
        return self._remembered(tokens.hash_of(secret))

    async def revoke_token(self, account: str, token_id: str, *, by: str, address: str | None = None) -> Token:
        """Make a token worthless, here at once; raises UnknownError."""
        now = self._clock.now()
        revoked = await self._db.write(
            lambda conn: tokens.revoke_token(conn, account, token_id, now=now, by=by, address=address)
        )
        self._forget_token(token_id)
        return revoked

    async def rotate_token(
        self, account: str, token_id: str, *, overlap: Micros, by: str, address: str | None = None
    ) -> NewToken:
        """Give a token another secret; raises as `tokens.rotate_token` does."""
        now = self._clock.now()
        made = await self._db.write(
            lambda conn: tokens.rotate_token(conn, account, token_id, overlap=overlap, now=now, by=by, address=address)
        )
        self._forget_token(token_id)
        return made

    async def end_former_secret(self, account: str, token_id: str, *, by: str, address: str | None = None) -> Token:
        """Make the secret that a token had before worthless, here at once; raises UnknownError."""
        now = self._clock.now()
        token = await self._db.write(
            lambda conn: tokens.end_former(conn, account, token_id, now=now, by=by, address=address)
        )
        self._forget_token(token_id)
        return token

    async def tidy(self) -> None:
        """Forget sessions and failures that are over; to be called now and then."""
        now = self._clock.now()

        def drop(conn: Connection) -> None:
            rows.drop_expired_sessions(conn, now)
            rows.drop_failures_before(conn, now - throttle.FORGOTTEN_AFTER)
            setup_links.drop_expired_links(conn, now)

        await self._db.write(drop)

    def _remembered(self, key: str) -> Token | None:
        now = self._clock.now()
        found = self._tokens.get(key)
        if found is None or not 0 <= now - found[0] < TOKEN_MEMORY:
            return None
        return found[1] if tokens.problem_with(found[1], key, now) is None else None

    def _forget_token(self, token_id: str) -> None:
        self._token_changes += 1
        for key in [key for key, (_, token) in self._tokens.items() if token.token_id == token_id]:
            del self._tokens[key]

    def _rehashed(self, stored: str | None, password: str) -> str | None:
        return self.passwords.hash(password) if stored is not None and self.passwords.outdated(stored) else None


def _begin(conn: Connection, email: str, address: str | None, now: Micros) -> User | None:
    throttle.check(conn, email, address, now)
    throttle.failed(conn, email, address, now)
    return rows.find_by_email(conn, email)


def _note_failure(conn: Connection, user: User | None, address: str | None, now: Micros) -> None:
    if user is None:
        return
    for membership in rows.memberships_of(conn, user.user_id):
        audit.record(
            conn,
            membership.account_id,
            at=now,
            actor=user.email,
            action="session.refused",
            subject=user.email,
            address=address,
        )


def _begin_session(
    conn: Connection, user: User, now: Micros, address: str | None, agent: str | None, *, better_hash: str | None = None
) -> SignedIn:
    secret = secrets.token_urlsafe(32)
    row = SessionRow(
        tokens.hash_of(secret), user.account_id, user.user_id, now, now + SESSION_LIFE, now, address, agent
    )
    rows.add_session(conn, row)
    values = {"last_seen_at": now, "used_at": now} | ({"password_hash": better_hash} if better_hash else {})
    user = rows.update_user(conn, user.account_id, user.user_id, **values)
    audit.record(
        conn, user.account_id, at=now, actor=user.email, action="session.begin", subject=user.email, address=address
    )
    return SignedIn(user, row.expires_at, secret)


def _switch(conn: Connection, key: str, account: str, address: str | None, now: Micros) -> User:
    row = rows.find_session(conn, key)
    if row is None:
        raise UnknownError("this session is over: sign in again")
    user = rows.update_user(conn, account, row.user_id, used_at=now)
    if row.account_id != account:
        rows.move_session(conn, key, account)
        audit.record(
            conn, account, at=now, actor=user.email, action="session.enter", subject=user.email, address=address
        )
    return user


def _session(conn: Connection, key: str, now: Micros) -> tuple[SessionRow, User] | None:
    row = rows.find_session(conn, key)
    if row is None or row.expires_at <= now or now - row.used_at > SESSION_IDLE:
        return None
    user = rows.get_user(conn, row.account_id, row.user_id)
    return None if user.disabled else (row, user)
