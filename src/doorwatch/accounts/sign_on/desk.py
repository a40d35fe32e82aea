"""Signing in at a provider, from the button to the session."""

import hmac
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from doorwatch.accounts import methods, sessions
from doorwatch.accounts.service import Accounts
from doorwatch.accounts.sessions import SignedIn, Visit
from doorwatch.accounts.sign_on import people
from doorwatch.accounts.sign_on.attempt import Attempt, Attempts, Purpose
from doorwatch.accounts.sign_on.errors import SignOnError, SignOnRefusedError
from doorwatch.accounts.sign_on.id_token import SKEW
from doorwatch.accounts.sign_on.provider import Provider, Told
from doorwatch.accounts.sign_on.rules import SignOnRules
from doorwatch.accounts.tokens import hash_of
from doorwatch.domain.time import SECOND, Clock, Micros
from doorwatch.store import Database
from doorwatch.store.people import identities
from doorwatch.store.people import sessions as session_rows

_TOLD = 200


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the browser goes, and what it keeps meanwhile."""

    address: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider sent the browser back with."""

    state: str
    code: str | None = field(default=None, repr=False)
    issuer: str | None = None
    error: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who came back from the provider and is signed in, or has proved afresh who they are."""

    signed_in: SignedIn
    purpose: Purpose
    return_to: str


class SingleSignOn:
    """Signing in through one provider. `name` is what people call it."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        accounts: Accounts,
        provider: Provider,
        rules: SignOnRules,
        *,
        key: bytes,
        name: str,
    ) -> None:
        self.name = name
        self.rules = rules
        self._db = db
        self._clock = clock
        self._accounts = accounts
        self._provider = provider
        self._attempts = Attempts(key)

    async def begin(self, purpose: Purpose, return_to: str) -> Beginning:
        """Begin an attempt. Raises ProviderError while the provider can't be asked."""
        attempt, kept = self._attempts.begin(purpose, return_to, self._clock.now())
        return Beginning(await self._provider.address_for(attempt), kept)

    async def finish(self, kept: str | None, answer: Answer, visit: Visit) -> Arrival:
        """Finish the attempt that this browser began.

        `visit.replaces` is the session that the browser has, which a proof renews. Raises SignOnError, ProviderError,
        SignOnRefusedError.
        """
        attempt = self._attempts.known(kept, self._clock.now())
        if attempt is None or not hmac.compare_digest(attempt.state.encode(), answer.state.encode()):
            raise SignOnError("this sign-in was not begun in this browser, or longer than ten minutes ago: begin again")
        self._check(answer)
        told = await self._provider.redeem(answer.code or "", attempt)
        method = methods.STRONG_SIGN_ON if self.rules.is_strong(told.claims) else methods.SIGN_ON
        finish = self._proved if attempt.purpose is Purpose.PROVE else self._signed_in
        return Arrival(await finish(told, attempt, method, visit), attempt.purpose, attempt.return_to)

    async def sign_out_address(self, id_token: str | None, back_to: str) -> str | None:
        """Where the browser goes to sign out of the provider, too; None where that can't be."""
        return await self._provider.sign_out_address(id_token, back_to)

    def _check(self, answer: Answer) -> None:
        if answer.issuer not in {None, self._provider.client.issuer}:
            raise SignOnError("another provider than the one that was asked has answered: begin again")
        if answer.error == "access_denied":
            raise SignOnRefusedError(
                f"{self.name} did not let you in, or you cancelled: begin again, or ask who runs it"
            )
        if answer.error is not None or not answer.code:
            told = " ".join(filter(None, (answer.error, answer.description))) or "no code"
            raise SignOnError(f"{self.name} answered {_plain(told)!r} instead of signing you in: begin again")

    async def _signed_in(self, told: Told, _attempt: Attempt, method: str, visit: Visit) -> SignedIn:
        now, who = self._clock.now(), people.stranger(told.claims, self.rules)

        def begin(conn: Connection) -> SignedIn:
            user = people.settle(conn, who, self.rules, now=now, address=visit.address)
            proved_at = min(now, _asked_at(told.claims) or 0)
            begun = sessions.begin(conn, user, visit, self._accounts.lives, method=method, now=now, proved_at=proved_at)
            session_rows.keep_id_token(conn, hash_of(begun.secret), user.user_id, told.id_token)
            return begun

        try:
            return await self._accounts.begun(begin)
        except SignOnRefusedError as error:
            reason = str(error)
            await self._db.write(
                lambda conn: people.note_refusal(conn, who, self.rules, reason, now=now, address=visit.address)
            )
            raise

    async def _proved(self, told: Told, attempt: Attempt, method: str, visit: Visit) -> SignedIn:
        now, claims = self._clock.now(), told.claims
        asked_at = _asked_at(claims)
        # A provider that does not say when it asked was told to ask.
        if asked_at is not None and asked_at + SKEW < attempt.begun_at:
            raise SignOnRefusedError(
                f"{self.name} did not ask you who you are, but went by an earlier sign-in: try again"
            )

        def prove(conn: Connection) -> SignedIn:
            key = hash_of(visit.replaces or "")
            found = sessions.find(conn, key, self._accounts.lives, now)
            known = identities.find_identity(conn, claims["iss"], claims["sub"])
            if found is None:
                raise SignOnError("the session that asked is over: sign in again")
            row, user = found
            if known is None or known.user_id != user.user_id:
                raise SignOnRefusedError(f"{self.name} named somebody else: sign in there as {user.email}")
            kept = row.method if row.method in methods.TWO_FACTORS else method
            return sessions.renew(conn, key, user, method=kept or method, now=now, address=visit.address)

        return await self._accounts.begun(prove)


def _asked_at(claims: Any) -> Micros | None:
    """When the provider last asked the person who they are; None when it does not say."""
    told = claims.get("auth_time")
    return int(told * SECOND) if isinstance(told, int | float) and 0 <= told < 1e12 else None


def _plain(text: str) -> str:
    return "".join(character for character in text[:_TOLD] if character.isprintable())
