"""Tokens as the server meets them: looked up on every request, remembered for a moment, forgotten when they change."""

from collections import OrderedDict
from dataclasses import replace

from doorwatch.accounts import tokens
from doorwatch.accounts.sessions import TOUCH_EVERY
from doorwatch.accounts.tokens import NewToken, Refusal
from doorwatch.domain.time import SECOND, Clock, Micros
from doorwatch.domain.token_form import is_well_formed
from doorwatch.store import Database
from doorwatch.store.people import tokens as token_rows
from doorwatch.store.people.tokens import Token

TOKEN_MEMORY = 5 * SECOND
"""For how long a token is taken from memory: so late does a revocation reach every replica."""

_MOST_REMEMBERED = 1000


class TokenDesk:
    """The tokens of all accounts of one database."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._tokens: OrderedDict[str, tuple[Micros, Token]] = OrderedDict()
        self._token_changes = 0

    async def token(self, secret: str, *, address: str | None = None) -> Token | Refusal:
        """The token with this secret, or why it is refused."""
        key = tokens.hash_of(secret)
        remembered = self.remembered(key)
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

    def remembered(self, key: str) -> Token | None:
        """The token whose secret has this hash, if it was found to be good a moment ago; None says nothing about it."""
        now = self._clock.now()
        found = self._tokens.get(key)
        if found is None or not 0 <= now - found[0] < TOKEN_MEMORY:
            return None
        return found[1] if tokens.problem_with(found[1], key, now) is None else None

    def _forget_token(self, token_id: str) -> None:
        self._token_changes += 1
        for key in [key for key, (_, token) in self._tokens.items() if token.token_id == token_id]:
            del self._tokens[key]
