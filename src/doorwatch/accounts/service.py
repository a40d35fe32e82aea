"""What the server asks on every request: whose session is this, whose token, and do these credentials fit."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection

from doorwatch.accounts import (
    factors,
    forgotten,
    invitations,
    limits,
    methods,
    passkeys,
    sessions,
    setup,
    throttle,
    tokens,
)
from doorwatch.accounts.devices import Devices
from doorwatch.accounts.factors import SecondFactorError
from doorwatch.accounts.forgotten import ForgottenLinks
from doorwatch.accounts.limits import Limit
from doorwatch.accounts.passkeys import PasskeyCopiedError, PasskeyError, Passkeys, Place
from doorwatch.accounts.passwords import Passwords
from doorwatch.accounts.sessions import TOUCH_EVERY, Lives, Session, SignedIn, Visit
from doorwatch.accounts.setup import FirstStart
from doorwatch.accounts.token_desk import TokenDesk
from doorwatch.accounts.users import (
    GIVEN_FOR,
    AccountsError,
    GivenPasswordEndedError,
    PasswordsOffError,
    WrongCredentialsError,
    check_password,
    normal_email,
    set_password,
)
from doorwatch.domain.time import Clock, Micros
from doorwatch.store import Database
from doorwatch.store.people import factors as factor_rows
from doorwatch.store.people import passkeys as passkey_rows
from doorwatch.store.people import sessions as session_rows
from doorwatch.store.people import setup_links
from doorwatch.store.people import users as rows
from doorwatch.store.people.users import SessionRow, User

T = TypeVar("T")

Second: TypeAlias = str | Mapping[str, Any]
"""A second factor as it is shown: a code, or what a passkey has answered."""

_NOWHERE = Visit()


class Accounts(TokenDesk):
    """Sessions and tokens of all accounts of one database.

    `device_key` makes browsers known again; `lives` says how long sessions last; `refuses_password` says of whose e-mail
    not even the right password signs in, because single sign-on does; `passkeys_at` is the site that passkeys are bound to.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        passwords: Passwords | None = None,
        *,
        device_key: bytes | None = None,
        lives: Lives | None = None,
        refuses_password: Callable[[str], bool] = lambda _: False,
        passkeys_at: Place | None = None,
    ) -> None:
        super().__init__(db, clock)
        self.passwords = passwords or Passwords()
        self.lives = lives or Lives()
        key = device_key or secrets.token_bytes(32)
        self._devices = Devices(key)
        self.passkeys = Passkeys(hashlib.sha256(b"doorwatch passkeys" + key).digest(), passkeys_at)
        self._forgotten = ForgottenLinks(hashlib.sha256(b"doorwatch forgotten passwords" + key).digest())
        self._refuses_password = refuses_password

    async def sign_in(
        self, email: str, password: str, visit: Visit = _NOWHERE, *, second: Second | None = None
    ) -> SignedIn:
        """Begin a session; raises WrongCredentialsError, SecondFactorError or TooManyAttemptsError."""
        now = self._clock.now()
        try:
            email = normal_email(email)
        except AccountsError:
            raise WrongCredentialsError from None
        user, method, better = await self._proved(email, password, second, visit, now, refused="session.refused")
        signed_in = await self.begun(
            lambda conn: sessions.begin(conn, user, visit, self.lives, method=method, now=now, better_hash=better)
        )
        known = self._devices.known(visit.device, email)
        return replace(signed_in, device=visit.device) if known else self._marked(signed_in)

    async def begun(self, begin: Callable[[Connection], SignedIn]) -> SignedIn:
        """Begin a session, or give one another secret, and see what it may do."""
        signed_in = await self._db.write(begin)
        limited = await self._db.read(lambda conn: limits.limit_of(conn, signed_in.user, signed_in.method))
        return replace(signed_in, limited=limited)

    async def set_up(self, link: str, chosen: FirstStart, visit: Visit = _NOWHERE) -> SignedIn:
        """Make the first owner, who is signed in by that; raises as `setup.set_up` does."""
        now = self._clock.now()

        def finish(conn: Connection) -> SignedIn:
            owner = setup.set_up(conn, link, self.passwords, chosen, now=now, address=visit.address)
            return sessions.begin(conn, owner, visit, self.lives, method=methods.SETUP_LINK, now=now)

        return self._marked(await self.begun(finish))

    async def join(self, link: str, *, name: str, password: str, visit: Visit = _NOWHERE) -> SignedIn:
        """Accept an invitation as a new person, who is signed in by that; raises as `accept_as_new` does."""
        now = self._clock.now()

        def accept(conn: Connection) -> SignedIn:
            if self._refuses_password(invitations.check(conn, link, now).email):
                raise PasswordsOffError
            joined = invitations.accept_as_new(
                conn, link, self.passwords, name=name, password=password, now=now, address=visit.address
            )
            return sessions.begin(conn, joined, visit, self.lives, method=methods.INVITATION, now=now)

        return self._marked(await self.begun(accept))

    async def session(self, secret: str, *, using: bool = True) -> Session | None:
        """The session of a cookie; None when it is unknown, over, or its user is refused.

        Without `using` it is only looked at: what goes on by itself keeps no session from ending for want of use.
        """
        now = self._clock.now()
        key = tokens.hash_of(secret)

        def read(conn: Connection) -> tuple[SessionRow, User, Limit | None] | None:
            found = sessions.find(conn, key, self.lives, now)
            return None if found is None else (*found, limits.limit_of(conn, found[1], found[0].method))

        found = await self._db.read(read)
        if found is None:
            return None
        row, user, limited = found
        if using and now - row.used_at >= TOUCH_EVERY:
            await self._db.write(lambda conn: rows.touch_session(conn, key, now))
        proved_at, method = row.proved_at or 0, row.method or methods.PASSWORD
        return Session(user, row.expires_at, session_rows.public_id(key), proved_at, method, limited=limited)

    async def prove(
        self, secret: str, password: str, visit: Visit = _NOWHERE, *, second: Second | None = None
    ) -> SignedIn:
        """Prove afresh who one is, in a session that goes on under another secret.

        Raises WrongCredentialsError, SecondFactorError or TooManyAttemptsError, UnknownError for a session that is over.
        """
        now, key = self._clock.now(), tokens.hash_of(secret)
        _, user = await self._session_of(key, now)
        _, method, _ = await self._proved(user.email, password, second, visit, now, refused="session.prove.refused")
        return await self.begun(
            lambda conn: sessions.renew(conn, key, user, method=method, now=now, address=visit.address)
        )

    async def change_password(
        self, secret: str, former: str, password: str, visit: Visit = _NOWHERE, *, second: Second | None = None
    ) -> SignedIn:
        """Give oneself another password; this session goes on under another secret, all others end.

        Raises as `prove` does for the former one, AccountsError for the new one.
        """
        now, key = self._clock.now(), tokens.hash_of(secret)
        _, user = await self._session_of(key, now)
        if password == former:
            raise AccountsError("this is the password that you have: choose another one")
        check_password(password, user.email, user.name)
        _, method, _ = await self._proved(user.email, former, second, visit, now, refused="session.prove.refused")
        kept = await asyncio.to_thread(self.passwords.hash, password)

        def change(conn: Connection) -> SignedIn:
            values = {"password_hash": kept, "password_given_at": None}
            changed = rows.update_user(conn, user.account_id, user.user_id, **values)
            throttle.forget(conn, user.email)
            renewed = sessions.renew(conn, key, changed, method=method, now=now, address=visit.address)
            sessions.end(conn, changed, but=renewed.session_id, now=now, by=changed.email, address=visit.address)
            sessions.note(conn, changed, "user.password", now, visit.address)
            return renewed

        return await self.begun(change)

    async def forgotten(self, email: str, visit: Visit = _NOWHERE) -> tuple[User, str] | None:
        """Whom to mail a link for another password, and the link.

        None for who has no password here or may not sign in, and while a link was mailed a moment ago.
        """
        now = self._clock.now()
        try:
            email = normal_email(email)
        except AccountsError:
            return None

        def ask(conn: Connection) -> tuple[User, str] | None:
            user = rows.find_by_email(conn, email)
            if user is None or user.disabled or user.password_hash is None or self._refuses_password(user.email):
                return None
            if not forgotten.another_mail(conn, user, now):
                return None
            sessions.note(conn, user, "user.forgotten", now, visit.address)
            return user, self._forgotten.make(user, now)

        return await self._db.write(ask)

    async def whose_forgotten(self, link: str) -> tuple[User, Micros]:
        """Whose link it is, and until when it is good. Raises ForgottenLinkError."""
        now = self._clock.now()
        return await self._db.read(lambda conn: self._forgotten.whose(conn, link, now))

    async def replace_forgotten(self, link: str, password: str, visit: Visit = _NOWHERE) -> User:
        """Give the person of a link another password; all their sessions end, and the link does.

        Raises ForgottenLinkError, PasswordsOffError, AccountsError for the password.
        """
        now = self._clock.now()

        def change(conn: Connection) -> User:
            user, _ = self._forgotten.whose(conn, link, now)
            if self._refuses_password(user.email):
                raise PasswordsOffError
            account, by, address = user.account_id, user.email, visit.address
            return set_password(conn, account, self.passwords, user.user_id, password, now=now, by=by, address=address)

        return await self._db.write(change)

    async def confirm_authenticator(
        self, secret: str, code: str, visit: Visit = _NOWHERE
    ) -> tuple[SignedIn, list[str]]:
        """Take the proposed app for good; the session goes on under another secret, and the recovery codes, told once.

        Raises as `factors.confirm` does, and TooManyAttemptsError.
        """
        now, key = self._clock.now(), tokens.hash_of(secret)
        begun, user = await self._session_of(key, now)
        method = methods.with_factor(begun, "code")

        def confirm(conn: Connection) -> tuple[SignedIn, list[str]]:
            codes = factors.confirm(conn, user, code, now, address=visit.address)
            return sessions.renew(conn, key, user, method=method, now=now, address=visit.address), codes

        return await self._counted(_of_factor(user.email), visit, now, confirm)

    async def add_passkey(
        self, secret: str, answer: Mapping[str, Any], name: str, visit: Visit = _NOWHERE
    ) -> tuple[SignedIn, list[str]]:
        """Take a passkey that the browser made; the session goes on under another secret, and recovery codes, told once.

        Raises as `Passkeys.added` does.
        """
        now, key = self._clock.now(), tokens.hash_of(secret)
        begun, user = await self._session_of(key, now)
        method = methods.with_factor(begun, "passkey")

        def add(conn: Connection) -> tuple[SignedIn, list[str]]:
            made = self.passkeys.added(conn, user, answer, name, now)
            sessions.note(conn, user, "factor.add", now, visit.address, factor="passkey", name=made.name)
            codes = factors.first_codes(conn, user)
            return sessions.renew(conn, key, user, method=method, now=now, address=visit.address), codes

        return await self._db.write(add)

    async def show_factor(self, secret: str, second: Second, visit: Visit = _NOWHERE) -> SignedIn:
        """Show one's second factor in a session that was begun without; it goes on under another secret.

        Raises SecondFactorError or TooManyAttemptsError, WrongCredentialsError for a session that is over.
        """
        now, key = self._clock.now(), tokens.hash_of(secret)
        begun, user = await self._session_of(key, now)
        shown = await self._check_shown(user, second, visit, now, refused="session.prove.refused")
        method = methods.with_factor(begun, shown)
        return await self.begun(
            lambda conn: sessions.renew(conn, key, user, method=method, now=now, address=visit.address)
        )

    async def accept_notice(self, secret: str, version: int, *, address: str | None = None) -> None:
        """Accept the usage notice of the account in which a session acts. Raises ConflictError for another version."""
        now, key = self._clock.now(), tokens.hash_of(secret)
        _, user = await self._session_of(key, now)
        await self._db.write(lambda conn: limits.accept(conn, user, version, now, address=address))

    async def id_token(self, secret: str) -> str | None:
        """What a provider of single sign-on gave when this session began."""
        return await self._db.read(lambda conn: session_rows.id_token_of(conn, tokens.hash_of(secret)))

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

    async def _session_of(self, key: str, now: Micros) -> tuple[str, User]:
        """By what a session was begun, and whose it is. Raises WrongCredentialsError for one that is over."""
        found = await self._db.read(lambda conn: sessions.find(conn, key, self.lives, now))
        if found is None:
            raise WrongCredentialsError
        return found[0].method or methods.PASSWORD, found[1]

    def _marked(self, signed_in: SignedIn) -> SignedIn:
        """With a new mark, by which the browser is known from now on."""
        return replace(signed_in, device=self._devices.mark(signed_in.user.email))

    async def _proved(
        self, email: str, password: str, second: Second | None, visit: Visit, now: Micros, *, refused: str
    ) -> tuple[User, str, str | None]:
        """Who has this e-mail, password and second factor; by what that was proved; a better hash where there is one.

        Raises WrongCredentialsError, SecondFactorError or TooManyAttemptsError.
        """
        user, better = await self._with_password(email, password, visit, now, refused=refused)
        if not await self._db.read(lambda conn: factor_rows.has_factor(conn, user.user_id)):
            return user, methods.PASSWORD, better
        if not second:
            passkey = await self.passkey_options(user)
            raise SecondFactorError(missing=True, passkey=passkey)
        shown = await self._check_shown(user, second, visit, now, refused=refused)
        return user, methods.with_factor(methods.PASSWORD, shown), better

    async def passkey_options(self, user: User) -> dict[str, Any] | None:
        """What a browser may ask a person's passkeys to sign; None for a person without."""
        had = await self._db.read(lambda conn: passkey_rows.passkeys_of(conn, user.user_id))
        return self.passkeys.request_options(user, had, self._clock.now())

    async def _check_shown(self, user: User, second: Second, visit: Visit, now: Micros, *, refused: str) -> str:
        """What was shown, a code or a passkey. Raises SecondFactorError, PasskeyError or TooManyAttemptsError."""

        def check(conn: Connection) -> str:
            if isinstance(second, str):
                factors.check(conn, user, second, now, address=visit.address)
                return "code"
            self.passkeys.check(conn, user, second, now)
            return "passkey"

        try:
            return await self._counted(_of_factor(user.email), visit, now, check)
        except (SecondFactorError, PasskeyError) as error:
            failure = error

            def note(conn: Connection) -> None:
                sessions.note_refusal(conn, user, refused, now, visit.address)
                if isinstance(failure, PasskeyCopiedError):
                    passkeys.note_copied(conn, user, failure, now, visit.address)

            await self._db.write(note)
            raise

    async def _with_password(
        self, email: str, password: str, visit: Visit, now: Micros, *, refused: str
    ) -> tuple[User, str | None]:
        user = await self._db.write(lambda conn: self._count(conn, email, email, visit, now))
        stored = user.password_hash if user is not None and not user.disabled else None
        fits = await asyncio.to_thread(self.passwords.matches, stored, password)
        if user is None or stored is None or not fits:
            if user is not None:
                known = user
                await self._db.write(lambda conn: sessions.note_refusal(conn, known, refused, now, visit.address))
            raise WrongCredentialsError
        device = self._devices.known(visit.device, email)
        await self._db.write(lambda conn: throttle.succeeded(conn, email, visit.address, device=device))
        if self._refuses_password(email):
            refusal = user
            await self._db.write(lambda conn: sessions.note_refusal(conn, refusal, refused, now, visit.address))
            raise PasswordsOffError
        if user.password_given_at is not None and now - user.password_given_at > GIVEN_FOR:
            ended = user
            await self._db.write(lambda conn: sessions.note_refusal(conn, ended, refused, now, visit.address))
            raise GivenPasswordEndedError
        outdated = self.passwords.outdated(stored)
        return user, await asyncio.to_thread(self.passwords.hash, password) if outdated else None

    async def _counted(self, subject: str, visit: Visit, now: Micros, work: Callable[[Connection], T]) -> T:
        """Do what a guess may fail at, counted before it is tried. Raises TooManyAttemptsError, and what `work` does."""
        email = subject.rpartition(" ")[2]
        await self._db.write(lambda conn: self._count(conn, subject, email, visit, now))
        done = await self._db.write(work)
        device = self._devices.known(visit.device, email)
        await self._db.write(lambda conn: throttle.succeeded(conn, subject, visit.address, device=device))
        return done

    def _count(self, conn: Connection, subject: str, email: str, visit: Visit, now: Micros) -> User | None:
        """Count as failed before it is checked: guesses that come at the same time do not get more tries."""
        device = self._devices.known(visit.device, email)
        throttle.check(conn, subject, visit.address, now, device=device)
        throttle.failed(conn, subject, visit.address, now, device=device)
        return rows.find_by_email(conn, email)


def _of_factor(email: str) -> str:
    """Under what wrong codes are counted: apart from wrong passwords."""
    return f"second factor of {email}"
