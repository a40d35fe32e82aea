"""Mails that are no alerts: a few lines of text from the installation to one person."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from doorwatch.alerts.message import Sender
from doorwatch.domain.time import Micros, to_datetime


def letter(to: str, subject: str, text: str, sender: Sender, at: Micros) -> EmailMessage:
    """The mail, ready to send; line breaks in the subject become spaces."""
    name, _, domain = sender.address.partition("@")
    mail = EmailMessage()
    mail["From"] = Address(sender.name, name, domain or "doorwatch.invalid")
    mail["To"] = to
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(to_datetime(at))
    mail["Message-ID"] = make_msgid(domain=domain or "doorwatch.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    if sender.reply_to:
        mail["Reply-To"] = sender.reply_to
    mail.set_content(text)
    return mail
