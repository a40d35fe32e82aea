"""Mails that are no alerts: from the installation to one person, as text and as a page in the look of the others."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from doorwatch.alerts.channels.wording import one_line
from doorwatch.alerts.message import Sender, in_page
from doorwatch.domain.time import Micros, to_datetime

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph; its line breaks stay. A `loud` one is read first."""

    text: str
    loud: bool = False

    def as_text(self) -> str:
        """As who sees no HTML reads it."""
        return self.text

    def as_html(self) -> str:
        """As a page shows it."""
        lines = html.escape(self.text).replace("\n", "<br>\n")
        return f"<p><strong>{lines}</strong></p>" if self.loud else f"<p>{lines}</p>"


@dataclass(frozen=True, slots=True)
class Way:
    """A link, with what it leads to in words."""

    words: str
    url: str

    def as_text(self) -> str:
        """As who sees no HTML reads it."""
        return f"{self.words}:\n{self.url}"

    def as_html(self) -> str:
        """As a page shows it."""
        return f'<p><a href="{html.escape(self.url)}"><strong>{html.escape(self.words)}</strong></a></p>'


@dataclass(frozen=True, slots=True)
class Figures:
    """A small table: in each row a name, its value, and what to compare it with; `title` stands over it."""

    rows: Sequence[tuple[str, str, str]]
    title: str = ""

    def as_text(self) -> str:
        """As who sees no HTML reads it."""
        lines = [f"{_name(name)}: {value}{f' ({more})' if more else ''}" for name, value, more in self.rows]
        return "\n".join([f"{self.title}:", *(f"  {line}" for line in lines)] if self.title else lines)

    def as_html(self) -> str:
        """As a page shows it."""
        rows = "\n".join(
            f"<tr><td>{html.escape(_name(name))}<td>{html.escape(value)}<td>{html.escape(more)}</tr>"
            for name, value, more in self.rows
        )
        heading = f"<p><strong>{html.escape(self.title)}</strong></p>\n" if self.title else ""
        return f"{heading}<table>\n{rows}\n</table>"


Block = Words | Way | Figures


def letter(to: str, subject: str, blocks: Sequence[Block], sender: Sender, at: Micros) -> EmailMessage:
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
    mail.set_content("\n\n".join(block.as_text() for block in blocks) + "\n")
    mail.add_alternative(in_page("\n".join(block.as_html() for block in blocks), _LOOK, _DARK), subtype="html")
    return mail


def _name(name: str) -> str:
    return one_line(name, _LONGEST_NAME)


_LOOK = (
    "table{border-collapse:collapse;width:100%}td{padding:5px 12px 5px 0;border-bottom:1px solid #d3d9de;"
    "vertical-align:top}td+td{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td+td+td{padding-right:0}"
)
_DARK = "td{border-color:#39424a}"
