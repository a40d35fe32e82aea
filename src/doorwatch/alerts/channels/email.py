"""E-mail through an SMTP server: STARTTLS, implicit TLS or plain, with or without login."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path

import aiosmtplib

from doorwatch.domain.errors import DoorwatchError


class Encryption(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mails are handed over. `ca_file` is a PEM bundle to trust besides the system's."""

    host: str
    port: int = 587
    encryption: Encryption = Encryption.STARTTLS
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    timeout: float = 20.0


class DeliveryError(DoorwatchError):
    """A mail that was not taken. `again` says whether trying later can help."""

    def __init__(self, text: str, *, again: bool) -> None:
        super().__init__(text)
        self.again = again


class EmailChannel:
    """Hands mails to one SMTP server, a connection each: alerts are few, and a fresh connection has no stale state."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._trusted: tuple[int, ssl.SSLContext] | None = None

    async def send(self, mail: EmailMessage) -> None:
        """Send; returns when the server has taken the mail.

        Raises DeliveryError: `again` is true for unreachable servers and 4xx answers, false for a refused recipient,
        sender or login, which no retry mends.
        """
        server = self._server
        where = f"{server.host}:{server.port}"
        try:
            await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                use_tls=server.encryption is Encryption.TLS,
                start_tls=server.encryption is Encryption.STARTTLS,
                username=server.username,
                password=server.password,
                timeout=server.timeout,
                tls_context=self._context(),
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            text = f"the mail server {where} refused the login of {server.username!r}: {error.message}"
            raise DeliveryError(f"{text}; check user and password", again=True) from error
        except aiosmtplib.SMTPRecipientsRefused as error:
            refusal = error.recipients[0]
            text = f"the mail server {where} refused {refusal.recipient}: {refusal.code} {refusal.message}"
            raise DeliveryError(text, again=refusal.code < 500) from error
        except aiosmtplib.SMTPResponseException as error:
            text = f"the mail server {where} answered {error.code} {error.message}"
            raise DeliveryError(text, again=error.code < 500) from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            text = f"the mail server {where} can't be used ({error}); check host, port, encryption and firewall"
            raise DeliveryError(text, again=True) from error

    def _context(self) -> ssl.SSLContext | None:
        """What is trusted; made anew only when the CA file was written, as reading all authorities costs milliseconds."""
        if self._server.encryption is Encryption.NONE:
            return None
        ca_file = self._server.ca_file
        try:
            written = 0 if ca_file is None else ca_file.stat().st_mtime_ns
            if self._trusted is None or self._trusted[0] != written:
                context = ssl.create_default_context()
                if ca_file is not None:
                    context.load_verify_locations(ca_file)
                self._trusted = (written, context)
        except (OSError, ssl.SSLError) as error:
            text = f"the mail server's CA file {ca_file} can't be read ({error}); give a PEM file"
            raise DeliveryError(text, again=True) from error
        return self._trusted[1]
