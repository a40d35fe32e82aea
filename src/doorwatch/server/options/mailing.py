"""The mail server."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MailingSettings(BaseModel):
    """The mail server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    smtp_host: Annotated[
        str | None, Field(title="Mail server", description="Host of the SMTP server; without one no mail is sent.")
    ] = None
    smtp_port: Annotated[int, Field(title="Mail port", description="Port of the SMTP server.", ge=1, le=65535)] = 25
    smtp_user: Annotated[str | None, Field(title="Mail user", description="User name at the SMTP server.")] = None
    smtp_password: Annotated[
        SecretStr | None, Field(title="Mail password", description="Password at the SMTP server.")
    ] = None
    smtp_password_file: Annotated[
        Path | None, Field(title="Mail password file", description="File that holds the password of the SMTP server.")
    ] = None
    smtp_security: Annotated[
        str,
        Field(title="Mail encryption", description="none, starttls or tls.", pattern="^(none|starttls|tls)$"),
    ] = "none"
    smtp_ca_file: Annotated[
        Path | None,
        Field(
            title="Mail authority",
            description="PEM file with the authorities to trust at the SMTP server beside the system's.",
        ),
    ] = None
    mail_from: Annotated[
        str, Field(title="Mail sender", description="Address from which mails come.", pattern=r"^[^@\s]+@[^@\s]+$")
    ] = "doorwatch@localhost"
