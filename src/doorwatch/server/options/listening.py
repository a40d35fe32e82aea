"""Where the server listens, and under which names and from behind what it is reached."""

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError


class ListeningSettings(BaseModel):
    """Where the server listens, and under which names and from behind what it is reached."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(title="Address", description="The address to listen on.", min_length=1)] = "127.0.0.1"
    port: Annotated[
        int, Field(title="Port", description="The port to listen on; 0 takes a free one.", ge=0, le=65535)
    ] = 8400
    tls_cert: Annotated[
        Path | None,
        Field(
            title="TLS certificate",
            description="PEM file with the certificate and its chain; with it the port speaks https. Loaded again when it changes.",
        ),
    ] = None
    tls_key: Annotated[
        Path | None, Field(title="TLS key", description="PEM file with the key of the TLS certificate, not encrypted.")
    ] = None
    local_port: Annotated[
        int,
        Field(
            title="Local port",
            description="With TLS: the port on 127.0.0.1 for this machine's own programs, without TLS; 0 takes a free one.",
            ge=0,
            le=65535,
        ),
    ] = 0
    trusted_proxies: Annotated[
        str,
        Field(
            title="Trusted proxies",
            description="Networks of reverse proxies, with commas, whose X-Forwarded-For and X-Forwarded-Proto are believed.",
        ),
    ] = ""
    public_url: Annotated[
        str | None,
        Field(
            title="Public address",
            description="The address that people use, for links in mails and share links; https makes cookies secure.",
            pattern=r"^https?://[^\s/]+(/[^\s]*)?$",
        ),
    ] = None
    allowed_hosts: Annotated[
        str,
        Field(
            title="Allowed hosts",
            description="Further host names, with commas, under which browsers may reach this server beside its public address.",
        ),
    ] = ""

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies may travel over TLS only."""
        return self.tls_cert is not None or bool(self.public_url and self.public_url.startswith("https://"))

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, text: str) -> str:
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            try:
                ipaddress.ip_network(part)
            except ValueError as error:
                raise ValueError(f"{part!r} is no network such as 10.1.0.0/16 ({error})") from None
        return text

    @model_validator(mode="after")
    def _pair(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise PydanticCustomError(
                "pair", "DOORWATCH_TLS_CERT and DOORWATCH_TLS_KEY go together: name both, or none"
            )
        return self
