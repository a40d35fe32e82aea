"""The JSON of setting up and of proving who one is."""

from typing import Annotated

from pydantic import Field, SecretStr

from doorwatch.server.api.shapes import Answer, Request, SiteShape, Time, Word

Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
Password = Annotated[SecretStr, Field(min_length=10, max_length=1024)]
LinkSecret = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class SetupState(Answer):
    """Whether nobody can sign in yet."""

    needed: bool


class SetupLinkBody(Request):
    """The part of a set-up link after its #."""

    link: LinkSecret


class SetupLinkState(Answer):
    """A set-up link that is good, and what its page proposes."""

    site: SiteShape
    expires_at: Time


class FirstStartBody(Request):
    """What the first owner chooses."""

    link: LinkSecret
    email: Email
    name: Annotated[str, Field(max_length=200)] = ""
    password: Password
    site_name: Word
    time_zone: Word


class SetupLinkShape(Answer):
    """A new set-up link, which is told this once."""

    url: str
    expires_at: Time


class OpenSession(Answer):
    """A browser in which a person is signed in; `current` is the one that asks."""

    id: str
    current: bool
    address: str | None
    agent: str | None
    method: str | None
    created_at: Time
    used_at: Time
    expires_at: Time


class EndedSessions(Answer):
    """How many sessions ended."""

    ended: int


class Proof(Request):
    """What proves afresh who one is."""

    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class ChangedPassword(Request):
    """Another password of one's own, and the former one, which proves who one is."""

    former: Annotated[SecretStr, Field(min_length=1, max_length=1024)]
    password: Password
