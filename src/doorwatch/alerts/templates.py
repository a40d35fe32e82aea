"""Mail templates: plain text with `{{variable}}`, the small subset of mustache that people who edit mails know.

A template has no logic, so it can do no harm: no loops, no attribute access, no HTML of its own. Values are escaped in
the HTML part; an empty line starts a paragraph.
"""

import difflib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from doorwatch.domain.errors import DoorwatchError

VARIABLES = {
    "user": "the people whose credentials were used; when present, each of them gets a mail of their own",
    "event": "link to the incident, for people who can sign in",
    "event_link": "link to the incident that works without signing in",
    "kind": "what happened: tailgating, unauthorized entry, ...",
    "reason": "the rule's explanation in one sentence",
    "door": "name of the door",
    "camera": "names of the cameras that saw it",
    "site": "name of the site",
    "time": "when it began, in the site's time zone",
    "people_count": "how many people went in",
    "granted_count": "how many of them used a grant",
    "excess": "how many more people than grants",
    "event_id": "the incident's id",
    "product_url": "address of this Doorwatch",
    "snapshot": "the picture of the incident, at this place of the mail; without it the picture stands on top",
    "clip": "link to the video, which works without signing in",
    "people": "the same as people_count",
    "grants": "the same as granted_count",
    "reviewer_link": "the same as event",
}
SAME = {"people": "people_count", "grants": "granted_count", "reviewer_link": "event"}
"""Second names of variables."""

_PLACE = re.compile(r"\{\{\{?\s*([A-Za-z_]*)\s*\}?\}\}")
_LONGEST = 20_000
_LONGEST_LINK = 60


class TemplateError(DoorwatchError, ValueError):
    """A template that cannot be used; the text names what is wrong in it and what is allowed."""


@dataclass(frozen=True, slots=True)
class Template:
    """Subject and body of a mail."""

    subject: str
    body: str

    @property
    def names_user(self) -> bool:
        """Whether the mail speaks to the people whose credentials were used."""
        return self.names("user")

    def names(self, variable: str) -> bool:
        """Whether a variable stands anywhere in it."""
        return any(match[1] == variable for match in _PLACE.finditer(f"{self.subject}\n{self.body}"))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a template and where: `part` is subject or body, line, column and offset count characters."""

    part: str
    line: int
    column: int
    offset: int
    length: int
    text: str

    @property
    def sentence(self) -> str:
        """The same as one sentence."""
        return f"the {self.part} (line {self.line}, column {self.column}) {self.text}"


def problems(template: Template) -> list[Problem]:
    """All that is wrong with a template, in reading order; nothing when it can be used."""
    found = []
    if not template.subject.strip():
        found.append(_at("subject", template.subject, 0, 0, "is empty; write one, or choose the default template"))
    if len(template.subject) + len(template.body) > _LONGEST:
        text = f"is longer than {_LONGEST} characters; shorten the template"
        found.append(_at("body", template.body, max(0, _LONGEST - len(template.subject)), 0, text))
    for part, text in (("subject", template.subject), ("body", template.body)):
        found += _unknown(part, text)
    broken = re.search(r"[\r\n]", template.subject)
    if broken:
        found.append(
            _at("subject", template.subject, broken.start(), 1, "has a line break; a mail's subject is one line")
        )
    return found


def validate(template: Template) -> None:
    """Raise TemplateError with the first problem of a template."""
    for problem in problems(template):
        raise TemplateError(problem.sentence)


def _unknown(part: str, text: str) -> list[Problem]:
    """Names that are no variables, and braces that are never closed."""
    found = []
    for match in _PLACE.finditer(text):
        if match[1] not in VARIABLES:
            near = difflib.get_close_matches(match[1], VARIABLES, 1)
            meant = f"did you mean {{{{{near[0]}}}}}? " if near else ""
            said = f"has {match[0]}, which is no variable; {meant}known variables are {', '.join(VARIABLES)}"
            found.append(_at(part, text, match.start(), len(match[0]), said))
    # What was read as a variable is blanked at its length, so that the places of what is left stay true.
    rest = _PLACE.sub(lambda match: " " * len(match[0]), text)
    for opened in re.finditer(r"\{\{", rest):
        said = "opens a variable with {{ and never closes it with }}"
        found.append(_at(part, text, opened.start(), 2, said))
    return sorted(found, key=lambda problem: problem.offset)


def _at(part: str, text: str, offset: int, length: int, said: str) -> Problem:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Problem(part, line, column, offset, length, said)


def _value(values: Mapping[str, str], name: str) -> str:
    return values.get(name, values.get(SAME.get(name, name), ""))


def render_text(text: str, values: Mapping[str, str]) -> str:
    """Fill in the variables as they are; for subjects and the plain part."""
    return _PLACE.sub(lambda match: _value(values, match[1]), text)


def render_html(text: str, values: Mapping[str, str], picture: str = "") -> str:
    """Fill in the variables, escaped; addresses become links, empty lines paragraphs, line breaks stay.

    `picture` is the HTML that stands for the snapshot.
    """
    paragraphs = [html.escape(part) for part in re.split(r"\n\s*\n", text.strip())]
    filled = [
        _PLACE.sub(lambda match: _as_html(match[1], _value(values, match[1]), picture), part).replace("\n", "<br>\n")
        for part in paragraphs
    ]
    return "\n".join(f"<p>{part}</p>" for part in filled if part)


def _is_link(name: str) -> bool:
    """Whether a variable is an address of ours; `link_` begins those that our own templates have beside people's."""
    return name in {"event", "event_link", "clip", "product_url"} or name.startswith("link_")


def _as_html(name: str, value: str, picture: str) -> str:
    if name == "snapshot":
        return picture
    safe = html.escape(value)
    if _is_link(SAME.get(name, name)) and value.startswith(("http://", "https://")):
        shown = value if len(value) <= _LONGEST_LINK else f"{value[: _LONGEST_LINK - 1]}…"
        return f'<a href="{safe}">{html.escape(shown)}</a>'
    return safe
