"""One mail about one incident: text and HTML parts, the picture inside the mail, headers that keep a thread together."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from doorwatch.alerts.templates import Template, render_html, render_text
from doorwatch.domain.time import Micros, to_datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom the mails come from."""

    address: str
    name: str = "Doorwatch"
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What one mail says. `name` tells it from all others; `first` is the name of the mail that began its thread, if any."""

    to: str
    template: Template
    values: Mapping[str, str]
    name: str
    at: Micros
    first: str | None = None
    picture: bytes | None = None


def mail_name(incident_id: str, number: int) -> str:
    """The name of a mail about an incident."""
    return f"{incident_id}.{number}"


def build(content: Content, sender: Sender) -> EmailMessage:
    """The mail, ready to send.

    Its Message-ID is made from its name, so that a mail which is sent again after a crash is the same mail
    to every program that looks for doubles.
    """
    mail = EmailMessage()
    domain = sender.address.rpartition("@")[2] or "doorwatch.invalid"
    name, _, _ = sender.address.partition("@")
    mail["From"] = Address(sender.name, name, domain)
    mail["To"] = content.to
    # A door may be named with a line break; a subject is one line.
    mail["Subject"] = " ".join(render_text(content.template.subject, content.values).split())
    mail["Date"] = format_datetime(to_datetime(content.at))
    mail["Message-ID"] = f"<{content.name}@{domain}>"
    if content.first is not None:
        mail["In-Reply-To"] = f"<{content.first}@{domain}>"
        mail["References"] = f"<{content.first}@{domain}>"
    if sender.reply_to:
        mail["Reply-To"] = sender.reply_to
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(render_text(content.template.body, content.values))
    picture_id = make_msgid(idstring="picture", domain=domain)
    mail.add_alternative(_page(content, picture_id), subtype="html")
    if content.picture is not None:
        *_, page = mail.iter_parts()
        page.add_related(content.picture, "image", "jpeg", cid=picture_id, filename="door.jpg")
    return mail


# Both colours are said for both schemes: a mail program that turns one alone round would write dark on dark.
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:640px;overflow-wrap:anywhere;color:#1a1f24;background:#fff}"
    "a{color:#0b5cad}img{height:auto;border-radius:6px}"
    "@media(prefers-color-scheme:dark){body{color:#e6eaee;background:#14181c}a{color:#7db7f5}}"
)


def _page(content: Content, picture_id: str) -> str:
    picture = ""
    if content.picture is not None:
        alternative = html.escape(content.values.get("reason", "the door"))
        picture = f'<p><img src="cid:{picture_id[1:-1]}" alt="{alternative}" width="640" style="max-width:100%"></p>'
    body = render_html(content.template.body, content.values)
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<style>{_STYLE}</style></head><body>"
        f"{picture}{body}</body></html>"
    )
