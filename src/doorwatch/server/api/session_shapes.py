"""Who is signed in, in which account, and the people of an account, as the API takes and gives them."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from doorwatch.server.api.shapes import Answer, Identifier, Request, Role, Time


class UserShape(Answer):
    """A person."""

    id: str
    email: str
    name: str
    role: Role
    cameras: list[str] | None = Field(description="The only cameras that the person may see; null for all of them")


class MemberShape(UserShape):
    """A member of the account, as the list of people tells it."""

    last_seen_at: Time | None = Field(description="When the person last signed in to this account, or came to it")
    password_ends_at: Time | None = Field(
        description="Until when a password signs in that was made here and that the person has not replaced; null for one of their own"
    )


class AccountShape(Answer):
    """A tenant."""

    id: str
    name: str


class MembershipShape(Answer):
    """An account that the person belongs to."""

    id: str
    name: str
    role: Role


class NamedPlace(Answer):
    """What a place is called, and the time zone in which its times are shown."""

    name: str
    time_zone: str


class SiteShape(NamedPlace):
    """A place of the account."""

    site_id: str


class SessionShape(Answer):
    """Who is signed in, and what that person may do."""

    user: UserShape
    account: AccountShape
    site: SiteShape
    sites: list[SiteShape] = Field(description="All places that the person sees something of, by name")
    permissions: list[str]
    second_factor: bool = False
    has_password: bool = True
    proof: Annotated[
        Literal["password", "provider"], Field(description="With what one proves afresh who one is in this session.")
    ] = "password"
    limited: Annotated[
        Literal["password", "second_factor", "usage_notice"] | None,
        Field(description="What has to be replaced, added, shown or accepted before anything else."),
    ] = None
    accounts: list[MembershipShape] = Field(description="All that the person belongs to, the present one too")


class AccountChoice(Request):
    """The account in which the session shall act."""

    account_id: Identifier


SharedCameras = Annotated[
    list[Identifier] | None,
    Field(max_length=500, description="The only cameras that the person sees, with Can View; null for all of them"),
]


class NewUser(Request):
    """A person to add; without a password one is made and told once."""

    email: Annotated[str, Field(min_length=3, max_length=320, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$")]
    name: Annotated[str, Field(max_length=200)] = ""
    role: Role = "view"
    cameras: SharedCameras = None
    password: Annotated[SecretStr, Field(min_length=10, max_length=1024)] | None = None


class NewPassword(Request):
    """A password to set; without one it is made and told once."""

    password: Annotated[SecretStr, Field(min_length=10, max_length=1024)] | None = None


class UserWithPassword(Answer):
    """A person, and the password that was made, which is told this once."""

    user: UserShape
    password: str | None
