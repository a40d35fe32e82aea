"""E-mail through an SMTP server: STARTTLS, implicit TLS or plain, with or without login."""

import email.policy
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path

import aiosmtplib

from doorwatch.alerts.channels.connections import Connections
from doorwatch.alerts.channels.refusals import meaning
from doorwatch.alerts.channels.replies import listen, told_of_taking
from doorwatch.domain.errors import DoorwatchError

_TAKING_SECONDS = 600.0
"""A server that looks through a mail before it takes it may take so long (RFC 5321, 4.5.3.2.6): who hangs up before
sends what was taken once more."""


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


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail as it is handed over: the envelope's addresses, and headers and body with CRLF at the ends of lines.

    `taken` is called in the moment in which the server's word arrives that it took the mail.
    """

    sender: str
    to: str
    content: bytes
    taken: Callable[[], None] = field(default=lambda: None, compare=False)

    @property
    def is_ascii(self) -> bool:
        """Whether both addresses are; others need a server that knows SMTPUTF8."""
        return self.sender.isascii() and self.to.isascii()


class EmailChannel:
    """Hands mails to one SMTP server. Connections are kept for some seconds: in a storm each carries many mails."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._trusted: tuple[int, ssl.SSLContext] | None = None
        self._connections = Connections(self._connect)

    async def send(self, mail: EmailMessage) -> None:
        """Send a letter, which is rare, over a connection of its own. Raises DeliveryError as `hand_over`."""
        utf8 = not f"{mail['From']}{mail['To']}".isascii()
        content = mail.as_bytes(policy=email.policy.SMTPUTF8 if utf8 else email.policy.SMTP)
        [sender], [to] = (mail[name].addresses for name in ("From", "To"))
        try:
            await self.hand_over(Outgoing(sender.addr_spec, to.addr_spec, content))
        finally:
            await self.close()

    async def hand_over(self, mail: Outgoing) -> None:
        """Send; returns when the server has taken the mail.

        Raises DeliveryError: `again` is true for unreachable servers and 4xx answers, false for a refused recipient,
        sender or content, which no retry mends.
        """
        where = f"{self._server.host}:{self._server.port}"
        try:
            await self._connections.carry(lambda client: _begin(client, mail), lambda client: _finish(client, mail))
        except aiosmtplib.SMTPAuthenticationError as error:
            text = f"the mail server {where} refused the login of {self._server.username!r}: {error.message}"
            raise DeliveryError(f"{text}; check user and password", again=True) from error
        except aiosmtplib.SMTPRecipientRefused as error:
            text = f"the mail server {where} refused {error.recipient}: {error.code} {error.message}"
            raise DeliveryError(_with_cure(text, error), again=error.code < 500) from error
        except aiosmtplib.SMTPResponseException as error:
            text = f"the mail server {where} answered {error.code} {error.message}"
            raise DeliveryError(_with_cure(text, error), again=error.code < 500) from error
        except aiosmtplib.SMTPNotSupported as error:
            text = f"the mail server {where} takes no addresses beyond ASCII such as {mail.to}"
            raise DeliveryError(
                f"{text}; write them in ASCII, or use a server that knows SMTPUTF8", again=False
            ) from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            text = f"the mail server {where} can't be used ({error}); check host, port, encryption and firewall"
            raise DeliveryError(text, again=True) from error

    async def close(self) -> None:
        """Let the connections go that nobody uses just now."""
        await self._connections.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.encryption is Encryption.TLS,
            start_tls=server.encryption is Encryption.STARTTLS,
            username=server.username,
            password=server.password,
            timeout=server.timeout,
            tls_context=self._context(),
        )
        await client.connect()
        listen(client)
        return client

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


def _with_cure(text: str, error: aiosmtplib.SMTPResponseException) -> str:
    told = meaning(error.code, error.message)
    return f"{text} ({told})" if told else text


async def _begin(client: aiosmtplib.SMTP, mail: Outgoing) -> None:
    """The sender: until here nothing was handed over, so another connection can begin anew."""
    if mail.is_ascii:
        await client.mail(mail.sender)
    else:
        if client.last_ehlo_response is None:
            await client.ehlo()
        if not client.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported("SMTPUTF8")
        await client.mail(mail.sender, options=["SMTPUTF8"], encoding="utf-8")


async def _finish(client: aiosmtplib.SMTP, mail: Outgoing) -> None:
    await client.rcpt(mail.to, encoding="ascii" if mail.is_ascii else "utf-8")
    with told_of_taking(client, mail.taken):
        await client.data(mail.content, timeout=_TAKING_SECONDS)
