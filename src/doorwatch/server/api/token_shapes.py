"""The JSON of tokens."""

from typing import Annotated, Literal

from pydantic import Field

from doorwatch.server.api.shapes import Answer, Request, Time, Word

TokenKind = Literal["gateway", "analyzer", "read", "api"]


class NewToken(Request):
    """A token to issue: a gateway's for one PACS, an analyzer's, or one for programs that read or use this API."""

    name: Word
    kind: TokenKind
    pacs: Word | None = None
    expires_days: Annotated[float, Field(gt=0, le=3650, description="Without it the token has no end.")] | None = None


class Rotation(Request):
    """How a token gets another secret."""

    overlap_hours: Annotated[
        float, Field(ge=0, le=30 * 24, description="For how long the former secret works as well.")
    ] = 24


class TokenShape(Answer):
    """A token without its secret; after a rotation the former secret works until `former_until`, too."""

    id: str
    name: str
    kind: TokenKind
    scopes: list[str]
    prefix: str
    created_by: str | None
    created_at: Time
    last_used_at: Time | None
    last_used_from: str | None
    expires_at: Time | None
    expired: bool
    revoked_at: Time | None
    rotated_at: Time | None
    former_until: Time | None
    former_used_at: Time | None


class IssuedToken(Answer):
    """A token, and its secret, which is told this once."""

    token: str
    info: TokenShape
