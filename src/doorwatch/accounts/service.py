"""What the server asks on every request: whose session is this, whose token, and do these credentials fit."""

import asyncio
import secrets
from dataclasses import replace

from sqlalchemy import Connection

from doorwatch.accounts import invitations, sessions, setup, throttle, tokens
from doorwatch.accounts.devices import Devices
from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.sessions import TOUCH_EVERY, Lives, Session, SignedIn, Visit
from doorwatch.accounts.setup import FirstStart
from doorwatch.accounts.token_desk import TokenDesk
from doorwatch.accounts.users import AccountsError, WrongCredentialsError, check_password, normal_email
from doorwatch.domain.time import Clock, Micros
from doorwatch.store import Database, setup_links
from doorwatch.store import sessions as session_rows
from doorwatch.store import users as rows
from doorwatch.store.users import User

_NOWHERE = Visit()


class Accounts(TokenDesk):
    """Sessions and tokens of all accounts of one database.

    `device_key` makes browsers known again; `lives` says how long sessions last.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        passwords: Passwords | None = None,
        *,
        device_key: bytes | None = None,
        lives: Lives | None = None,
    ) -> None:
        super().__init__(db, clock)
        self.passwords = passwords or Passwords()
        self.lives = lives or Lives()
        self._devices = Devices(device_key or secrets.token_bytes(32))

    async def sign_in(self, email: str, password: str, visit: Visit = _NOWHERE) -> SignedIn:
        """Begin a session; raises WrongCredentialsError or TooManyAttemptsError."""
        now = self._clock.now()
        try:
            email = normal_email(email)
        except AccountsError:
            raise WrongCredentialsError from None
        user, better = await self._proved(email, password, visit, now, refused="session.refused")
        device = self._devices.known(visit.device, email)

        def succeed(conn: Connection) -> SignedIn:
            throttle.succeeded(conn, email, visit.address, device=device)
            return sessions.begin(conn, user, visit, self.lives, method="password", now=now, better_hash=better)

        signed_in = await self._db.write(succeed)
        return replace(signed_in, device=visit.device if device else self._devices.mark(email))

    async def set_up(self, link: str, chosen: FirstStart, visit: Visit = _NOWHERE) -> SignedIn:
        """Make the first owner, who is signed in by that; raises as `setup.set_up` does."""
        now = self._clock.now()

        def finish(conn: Connection) -> SignedIn:
            owner = setup.set_up(conn, link, self.passwords, chosen, now=now, address=visit.address)
            return sessions.begin(conn, owner, visit, self.lives, method="set-up link", now=now)

        signed_in = await self._db.write(finish)
        return replace(signed_in, device=self._devices.mark(signed_in.user.email))

    async def join(self, link: str, *, name: str, password: str, visit: Visit = _NOWHERE) -> SignedIn:
        """Accept an invitation as a new person, who is signed in by that; raises as `accept_as_new` does."""
        now = self._clock.now()

        def accept(conn: Connection) -> SignedIn:
            joined = invitations.accept_as_new(
                conn, link, self.passwords, name=name, password=password, now=now, address=visit.address
            )
            return sessions.begin(conn, joined, visit, self.lives, method="invitation", now=now)

        signed_in = await self._db.write(accept)
        return replace(signed_in, device=self._devices.mark(signed_in.user.email))

    async def session(self, secret: str) -> Session | None:
        """The session of a cookie; None when it is unknown, over, or its user is refused."""
        now = self._clock.now()
        key = tokens.hash_of(secret)
        found = await self._db.read(lambda conn: sessions.find(conn, key, self.lives, now))
        if found is None:
            return None
        row, user = found
        if now - row.used_at >= TOUCH_EVERY:
            await self._db.write(lambda conn: rows.touch_session(conn, key, now))
        return Session(user, row.expires_at, session_rows.public_id(key), row.proved_at or 0, row.method or "password")

    async def prove(self, secret: str, password: str, visit: Visit = _NOWHERE) -> SignedIn:
        """Prove afresh who one is, in a session that goes on under another secret.

        Raises WrongCredentialsError or TooManyAttemptsError, UnknownError for a session that is over.
        """
        now, key = self._clock.now(), tokens.hash_of(secret)
        user = await self._user_of(key, now)
        await self._proved(user.email, password, visit, now, refused="session.prove.refused")
        device = self._devices.known(visit.device, user.email)

        def succeed(conn: Connection) -> SignedIn:
            throttle.succeeded(conn, user.email, visit.address, device=device)
            return sessions.renew(conn, key, user, method="password", now=now, address=visit.address)

        return await self._db.write(succeed)

    async def change_password(self, secret: str, former: str, password: str, visit: Visit = _NOWHERE) -> SignedIn:
        """Give oneself another password; this session goes on under another secret, all others end.

        Raises WrongCredentialsError or TooManyAttemptsError for the former one, AccountsError for the new one.
        """
        now, key = self._clock.now(), tokens.hash_of(secret)
        user = await self._user_of(key, now)
        check_password(password, user.email, user.name)
        await self._proved(user.email, former, visit, now, refused="session.prove.refused")
        kept = await asyncio.to_thread(self.passwords.hash, password)

        def change(conn: Connection) -> SignedIn:
            changed = rows.update_user(conn, user.account_id, user.user_id, password_hash=kept)
            throttle.forget(conn, user.email)
            renewed = sessions.renew(conn, key, changed, method="password", now=now, address=visit.address)
            sessions.end(conn, changed, but=renewed.session_id, now=now, by=changed.email, address=visit.address)
            sessions.note(conn, changed, "user.password", now, visit.address)
            return renewed

        return await self._db.write(change)

    async def sign_out(self, secret: str) -> None:
        """End a session."""
        await self._db.write(lambda conn: rows.end_session(conn, tokens.hash_of(secret)))

    async def switch(self, secret: str, account: str, *, address: str | None = None) -> User:
        """Let a session act in another account of its person; raises UnknownError for an account of others."""
        now, key = self._clock.now(), tokens.hash_of(secret)
        return await self._db.write(lambda conn: sessions.enter(conn, key, account, address, now))

    async def tidy(self) -> None:
        """Forget sessions and failures that are over; to be called now and then."""
        now = self._clock.now()

        def drop(conn: Connection) -> None:
            rows.drop_expired_sessions(conn, now)
            session_rows.drop_idle_sessions(conn, now - self.lives.idle)
            rows.drop_failures_before(conn, now - throttle.FORGOTTEN_AFTER)
            setup_links.drop_expired_links(conn, now)

        await self._db.write(drop)

    async def _user_of(self, key: str, now: Micros) -> User:
        found = await self._db.read(lambda conn: sessions.find(conn, key, self.lives, now))
        if found is None:
            raise WrongCredentialsError
        return found[1]

    async def _proved(
        self, email: str, password: str, visit: Visit, now: Micros, *, refused: str
    ) -> tuple[User, str | None]:
        """Who has this e-mail and password, and a better hash of it when there is one to keep.

        Raises WrongCredentialsError or TooManyAttemptsError.
        """
        device = self._devices.known(visit.device, email)

        def begin(conn: Connection) -> User | None:
            # Counted as failed before it is checked: guesses that come at the same time do not get more tries.
            throttle.check(conn, email, visit.address, now, device=device)
            throttle.failed(conn, email, visit.address, now, device=device)
            return rows.find_by_email(conn, email)

        user = await self._db.write(begin)
        stored = user.password_hash if user is not None and not user.disabled else None
        fits = await asyncio.to_thread(self.passwords.matches, stored, password)
        if user is None or stored is None or not fits:
            if user is not None:
                known = user
                await self._db.write(lambda conn: sessions.note_refusal(conn, known, refused, now, visit.address))
            raise WrongCredentialsError
        outdated = self.passwords.outdated(stored)
        return user, await asyncio.to_thread(self.passwords.hash, password) if outdated else None
