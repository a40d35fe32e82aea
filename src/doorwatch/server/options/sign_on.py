"""The settings of single sign-on."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SignOnSettings(BaseModel):
    """Which provider signs people in, and what its words mean here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    oidc_issuer: Annotated[
        str | None,
        Field(
            title="Provider",
            description="Issuer of the OpenID Connect provider that signs people in, written exactly as it calls itself; https.",
        ),
    ] = None
    oidc_client_id: Annotated[
        str | None, Field(title="Client id", description="As what the provider knows this server.", min_length=1)
    ] = None
    oidc_client_secret: Annotated[
        SecretStr | None,
        Field(
            title="Client secret",
            description="What this server proves itself with to the provider; none for a public client.",
        ),
    ] = None
    oidc_client_secret_file: Annotated[
        Path | None, Field(title="Client secret file", description="File that holds the client secret.")
    ] = None
    oidc_name: Annotated[
        str,
        Field(
            title="Provider's name",
            description="What the button calls the provider: Sign in with ...",
            min_length=1,
            max_length=60,
        ),
    ] = "single sign-on"
    oidc_scopes: Annotated[
        str,
        Field(
            title="Scopes",
            description="What the provider is asked for; with openid in it.",
            pattern=r"^(.* )?openid( .*)?$",
        ),
    ] = "openid email profile"
    oidc_ca_file: Annotated[
        Path | None,
        Field(
            title="Provider's authority",
            description="PEM file with the certificates that are trusted for the provider.",
        ),
    ] = None
    oidc_groups_claim: Annotated[
        str,
        Field(
            title="Claim of groups",
            description="Where the provider tells the groups of a person; dots lead inside, such as realm_access.roles.",
            min_length=1,
        ),
    ] = "groups"
    oidc_owner_groups: Annotated[
        str, Field(title="Groups of owners", description="Groups, with commas, whose people are owners.")
    ] = ""
    oidc_manage_groups: Annotated[
        str, Field(title="Groups with Can Manage", description="Groups, with commas, whose people may manage.")
    ] = ""
    oidc_view_groups: Annotated[
        str, Field(title="Groups with Can View", description="Groups, with commas, whose people may view.")
    ] = ""
    oidc_without_group: Annotated[
        Literal["refuse", "known", "view"] | None,
        Field(
            title="Without a group",
            description="Who is in none of these groups: refuse, known (in with the role that was given here) or view (in "
            "with Can View, whoever it is). By default known while no groups are named, else refuse.",
        ),
    ] = None
    oidc_account: Annotated[
        str | None,
        Field(
            title="Account of the groups",
            description="Name or id of the account in which groups give roles; the first by default.",
        ),
    ] = None
    oidc_trust_email: Annotated[
        bool,
        Field(
            title="Trust e-mails",
            description="Whether the provider's e-mails count as verified although it does not say so; only where people "
            "can't choose their own there.",
        ),
    ] = False
    oidc_two_factors: Annotated[
        bool,
        Field(
            title="Provider asks for two",
            description="Whether the provider always asks for two factors, so that none is asked for here.",
        ),
    ] = False
    oidc_acr_values: Annotated[
        str,
        Field(title="Levels", description="Levels (acr) with spaces that are asked for, and that mean two factors."),
    ] = ""
    oidc_only: Annotated[
        bool,
        Field(
            title="Single sign-on alone",
            description="Whether passwords sign nobody in but the people of DOORWATCH_OIDC_BREAK_GLASS.",
        ),
    ] = False
    oidc_break_glass: Annotated[
        str,
        Field(
            title="Break glass",
            description="E-mails, with commas, whose passwords sign in all the same, for when the provider is away.",
        ),
    ] = ""

    @field_validator("oidc_issuer")
    @classmethod
    def _of_provider(cls, text: str | None) -> str | None:
        if text is None:
            return None
        parts = urlsplit(text)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not parts.hostname or not safe or parts.query or parts.fragment:
            raise ValueError(f"{text!r} is no https address such as https://login.example.com/realms/site")
        return text

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.oidc_issuer is not None and self.oidc_client_id is None:
            raise PydanticCustomError("client", "DOORWATCH_OIDC_ISSUER needs DOORWATCH_OIDC_CLIENT_ID beside it")
        if self.oidc_only and (self.oidc_issuer is None or not names(self.oidc_break_glass)):
            raise PydanticCustomError(
                "only",
                "DOORWATCH_OIDC_ONLY needs DOORWATCH_OIDC_ISSUER, and in DOORWATCH_OIDC_BREAK_GLASS the e-mail of an owner "
                "who gets in while the provider is away",
            )
        return self


def names(text: str) -> frozenset[str]:
    """The names in a list with commas."""
    return frozenset(filter(None, (part.strip() for part in text.split(","))))
