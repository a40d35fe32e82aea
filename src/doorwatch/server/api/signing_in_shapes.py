"""The JSON of setting up and of proving who one is."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from doorwatch.accounts.service import Second
from doorwatch.server.api.session_shapes import NamedPlace, SessionShape
from doorwatch.server.api.shapes import Answer, Request, Time, Word

Email = Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]


def _sound(secret: SecretStr) -> SecretStr:
    """A secret that can be hashed: half a character, which JSON can hold, cannot."""
    try:
        secret.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("half a character can't be part of it: send whole Unicode text") from None
    return secret


Password = Annotated[SecretStr, Field(min_length=10, max_length=1024), AfterValidator(_sound)]
Code = Annotated[str, Field(min_length=6, max_length=40, description="Six digits, or a recovery code.")]
LinkSecret = Annotated[SecretStr, Field(min_length=1, max_length=200), AfterValidator(_sound)]


class SetupState(Answer):
    """Whether nobody can sign in yet."""

    needed: bool


class SetupLinkBody(Request):
    """The part of a set-up link after its #."""

    link: LinkSecret


class SetupLinkState(Answer):
    """A set-up link that is good, and what its page proposes."""

    site: NamedPlace
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


class WaysIn(Answer):
    """How one signs in: `provider` is what the provider of single sign-on is called, null where there is none."""

    provider: str | None
    passwords: bool = Field(
        description="Whether passwords sign in; where they do not, they do for some in an emergency."
    )
    mails_links: bool = Field(description="Whether a link to replace a forgotten password can be mailed.")


class ForgottenPassword(Request):
    """Who forgot the own password."""

    email: Email


class ForgottenAsked(Answer):
    """A link is on its way if somebody signs in here with the address; it is good for so many minutes."""

    minutes: int


class ForgottenLink(Request):
    """The part of a link for a forgotten password after its #."""

    link: LinkSecret


class ForgottenState(Answer):
    """Whose password a link replaces, and until when."""

    email: str
    expires_at: Time


class ReplacedPassword(ForgottenLink):
    """The password that takes the place of the forgotten one."""

    password: Password


class BeginSignOn(Request):
    """What one goes to the provider for, and the path of the page to which one comes back."""

    purpose: Literal["sign in", "prove"] = "sign in"
    return_to: Annotated[str, Field(max_length=1000)] = "/"


class ProviderAddress(Answer):
    """Where the browser goes now."""

    url: str


class ProviderAnswer(Request):
    """What the provider sent the browser back with, as it stands in the address."""

    state: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str, Field(max_length=4000)] | None = None
    iss: Annotated[str, Field(max_length=1000)] | None = None
    error: Annotated[str, Field(max_length=200)] | None = None
    error_description: Annotated[str, Field(max_length=2000)] | None = None


class Arrived(Answer):
    """Who has come back from the provider, what for, and where to go on."""

    session: SessionShape
    purpose: Literal["sign in", "prove"]
    return_to: str


class SignedOut(Answer):
    """Nobody is signed in any more; `provider` is where one signs out of the provider, too, null where one can't."""

    provider: str | None


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


class PasskeyAnswer(Request):
    """What a passkey has answered: a PublicKeyCredential as browsers write it in JSON (`toJSON()`)."""

    model_config = ConfigDict(extra="allow")

    id: Annotated[str, Field(min_length=1, max_length=2000)]
    response: dict[str, Any]


class SecondFactor(Request):
    """A second factor as it is shown: a code, or what a passkey has answered."""

    code: Annotated[str, Field(max_length=40, description="Six digits, or a recovery code.")] | None = None
    passkey: PasskeyAnswer | None = None


def shown(body: SecondFactor) -> Second | None:
    """The second factor of a body; a passkey's answer goes before a code."""
    return body.code if body.passkey is None else body.passkey.model_dump()


class SignIn(SecondFactor):
    """Who wants to sign in, with a second factor where there is one."""

    email: Annotated[str, Field(min_length=1, max_length=320)]
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class Proof(SecondFactor):
    """What proves afresh who one is."""

    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)]


class ChangedPassword(SecondFactor):
    """Another password of one's own, and the former one, which proves who one is."""

    former: Annotated[SecretStr, Field(min_length=1, max_length=1024)]
    password: Password


class PasskeyShape(Answer):
    """A passkey of one's own."""

    id: str
    name: str
    created_at: Time
    used_at: Time | None


class PasskeyOptions(Answer):
    """What the browser asks an authenticator for, as `PublicKeyCredential.parse...FromJSON` reads it."""

    options: dict[str, Any]


class NewPasskey(Request):
    """A passkey that the browser made, and what to call it."""

    name: Annotated[str, Field(max_length=100)] = ""
    credential: PasskeyAnswer


class PasskeyName(Request):
    """What to call a passkey."""

    name: Annotated[str, Field(min_length=1, max_length=100)]


class Factors(Answer):
    """One's own second factor; `required` says whether an account that one belongs to requires one."""

    authenticator_since: Time | None
    passkeys: list[PasskeyShape]
    passkeys_possible: bool = Field(description="Whether this site has a name to which passkeys can be bound.")
    recovery_codes_left: int
    required: bool


class NewAuthenticator(Answer):
    """An authenticator app to add, told this once: what to type into it, or to scan."""

    secret: str
    address: str
    picture: str


class FactorCode(Request):
    """The six digits that an authenticator app shows."""

    code: Code


class RecoveryCodes(Answer):
    """Codes that stand in for a lost second factor, each good once; told this once. None where former ones are good."""

    recovery_codes: list[str]


class NoticeShape(Answer):
    """What people accept before they use the account; null where there is nothing to accept."""

    text: str | None
    version: int | None
    set_at: Time | None


class NewNotice(Request):
    """What people accept from now on; empty for nothing. A changed text asks everybody again."""

    text: Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00]*$")]


class AcceptedNotice(Request):
    """Which version of the notice was read and is accepted."""

    version: Annotated[int, Field(ge=1, le=2**31)]


class SecuritySettings(Answer):
    """What the account asks of everybody who acts in it."""

    second_factor_required: bool


class NewSecuritySettings(Request):
    """What the account shall ask of everybody who acts in it."""

    second_factor_required: bool
