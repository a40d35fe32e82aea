"""One mail about one incident: text and HTML parts, the picture inside the mail, headers that keep a thread together."""

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime

from doorwatch.alerts.channels.email import Outgoing
from doorwatch.alerts.channels.wording import one_line, short
from doorwatch.alerts.mime import headed, mailbox, multipart, picture_part, text_part, unstructured
from doorwatch.alerts.templates import Template, render_html, render_text
from doorwatch.domain.time import Micros, to_datetime
from doorwatch.store.alerting.outbox import Message


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom the mails come from."""

    address: str
    name: str = "Doorwatch"
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What one mail says. `name` tells it from all others; `first` is the name of the mail that began its thread, if any.

    `thread_domain` stands in Message-IDs; by default the sender's.
    """

    to: str
    template: Template
    values: Mapping[str, str]
    name: str
    at: Micros
    first: str | None = None
    picture: bytes | None = None
    thread_domain: str | None = None


def mail_name(incident_id: str, number: int | str) -> str:
    """The name of a mail about an incident."""
    return f"{incident_id}.{number}"


def name_of(message: Message) -> str:
    """The name of the mail that a message of the outbox becomes; of one that a version before this one wrote as well."""
    named: str | None = message.payload.get("name")
    about = message.incident_id or message.thread or message.message_id
    return named or mail_name(about, message.payload.get("number", "1"))


def build(content: Content, sender: Sender) -> Outgoing:
    """The mail, ready to be handed over.

    Its Message-ID is made from its name, so that a mail which is sent again after a crash is the same mail
    to every program that looks for doubles. It is put together here and not by the standard library, which takes
    eight milliseconds for a mail with a picture.
    """
    domain = sender.address.rpartition("@")[2] or "doorwatch.invalid"
    ours = content.thread_domain or domain
    head = [
        ("From", mailbox(one_line(sender.name, 100), sender.address)),
        ("To", content.to),
        ("Subject", unstructured("Subject", subject_of(content.template, content.values))),
        ("Date", format_datetime(to_datetime(content.at))),
        ("Message-ID", f"<{_id(content.name, ours)}>"),
        ("Auto-Submitted", "auto-generated"),
    ]
    if content.first is not None:
        begun = f"<{_id(content.first, ours)}>"
        head += [("In-Reply-To", begun), ("References", begun)]
    if sender.reply_to:
        head.append(("Reply-To", sender.reply_to))
    source = None if content.picture is None else _id(f"{content.name}.picture", ours)
    page = text_part("html", page_of(content.template, content.values, None if source is None else f"cid:{source}"))
    if content.picture is not None and source is not None:
        page = multipart("related", [page, picture_part(content.picture, source)])
    whole = multipart("alternative", [text_part("plain", text_of(content.template, content.values)), page])
    return Outgoing(sender.address, content.to, headed(head, whole))


def _id(name: str, domain: str) -> str:
    """A name as RFC 5322 lets it be an id: one that holds other letters, or too many, stands there as its hash."""
    plain = len(name) <= _LONGEST_ID and _PLAIN.fullmatch(name)
    kept = name if plain else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:40]
    return f"{kept}@{domain}"


def subject_of(template: Template, values: Mapping[str, str]) -> str:
    """The subject: one line, whatever names hold, and no longer than a mail program shows."""
    return one_line(render_text(template.subject, values), _LONGEST_SUBJECT)


def text_of(template: Template, values: Mapping[str, str]) -> str:
    """The part for programs that show no HTML."""
    return re.sub(r"\n{3,}", "\n\n", render_text(template.body, _cut(values)))


def body_of(template: Template, values: Mapping[str, str], source: str | None) -> str:
    """The paragraphs in HTML; `source` is where the picture comes from, None when there is none.

    It stands where the template says, else on top.
    """
    values = _cut(values)
    picture = ""
    if source is not None:
        alternative = html.escape(values.get("reason") or "the door")
        picture = f'<img src="{html.escape(source)}" alt="{alternative}" width="640">'
        link = values.get("event_link", "")
        if link.startswith(("http://", "https://")):
            picture = f'<a href="{html.escape(link)}">{picture}</a>'
    body = render_html(template.body, values, picture)
    return body if template.names("snapshot") or not picture else f"<p>{picture}</p>\n{body}"


def page_of(template: Template, values: Mapping[str, str], source: str | None) -> str:
    """The part for programs that show HTML."""
    return in_page(body_of(template, values, source))


def in_page(body: str, look: str = "", dark: str = "") -> str:
    """A mail's body as the page that it is shown as; `look` and `dark` are rules of its own, of CSS, beside those of all."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<style>{LOOK}{look}@media(prefers-color-scheme:dark){{{DARK}{dark}}}</style></head><body>{body}</body></html>"
    )


def _cut(values: Mapping[str, str]) -> dict[str, str]:
    """No name is longer than what somebody reads; nothing in one turns the direction of what follows."""
    return {name: value if name in _ADDRESSES else short(value, _LONGEST_VALUE) for name, value in values.items()}


_PLAIN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_LONGEST_ID = 200
_LONGEST_SUBJECT = 250
_LONGEST_VALUE = 1000
_ADDRESSES = frozenset({"event", "event_link", "clip", "product_url", "snapshot"})
# Both colours are said for both schemes: a mail program that turns one alone round would write dark on dark.
LOOK = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:640px;margin:16px auto;padding:0 12px;overflow-wrap:anywhere;"
    "color:#1a1f24;background:#fff}a{color:#0b5cad}img{max-width:100%;height:auto;border-radius:6px;border:0}"
)
DARK = "body{color:#e6eaee;background:#14181c}a{color:#7db7f5}"
