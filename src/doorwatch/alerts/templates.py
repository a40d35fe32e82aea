"""Mail templates: plain text with `{{variable}}`, the small subset of mustache that people who edit mails know.

A template has no logic, so it can do no harm: no loops, no attribute access, no HTML of its own. Values are escaped in
the HTML part; an empty line starts a paragraph.
"""

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
    "people": "the same as people_count",
    "grants": "the same as granted_count",
    "reviewer_link": "the same as event",
}
SAME = {"people": "people_count", "grants": "granted_count", "reviewer_link": "event"}
"""Second names of variables."""

_PLACE = re.compile(r"\{\{\{?\s*([A-Za-z_]*)\s*\}?\}\}")
_LONGEST = 20_000


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
        return any(match[1] == "user" for match in _PLACE.finditer(self.subject + self.body))


DEFAULT_TEMPLATE = Template(
    subject="{{kind}} at {{door}}: {{people_count}} in, {{granted_count}} granted",
    body=(
        "{{reason}}\n\n"
        "Door: {{door}} ({{site}})\nTime: {{time}}\nCamera: {{camera}}\n\n"
        "See the picture and the clip: {{event_link}}\n\n"
        "Review it: {{event}}"
    ),
)
"""For the security desk. A template of one's own can speak to the card holder instead, with {{user}}."""


def validate(template: Template) -> None:
    """Raise TemplateError for an unknown variable, an unclosed `{{`, an empty subject or a text that is too long."""
    if not template.subject.strip():
        raise TemplateError("the subject is empty; write one, or choose the default template")
    if len(template.subject) + len(template.body) > _LONGEST:
        raise TemplateError(f"the template is longer than {_LONGEST} characters; shorten it")
    for part, text in (("subject", template.subject), ("body", template.body)):
        _check(part, text)
    if "\n" in template.subject or "\r" in template.subject:
        raise TemplateError("the subject has a line break; a mail's subject is one line")


def _check(part: str, text: str) -> None:
    """Raise TemplateError with line and column of the first thing that is wrong in a part."""
    for match in _PLACE.finditer(text):
        if match[1] not in VARIABLES:
            where = _where(part, text, match.start())
            raise TemplateError(f"{where} has {match[0]}; known variables are {', '.join(VARIABLES)}")
    # What was read as a variable is blanked at its length, so that the places of what is left stay true.
    opened = _PLACE.sub(lambda match: " " * len(match[0]), text).find("{{")
    if opened >= 0:
        where = _where(part, text, opened)
        raise TemplateError(f"{where} opens a variable with {{{{ and never closes it with }}}}")


def _where(part: str, text: str, offset: int) -> str:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return f"the {part} (line {line}, column {column})"


def _value(values: Mapping[str, str], name: str) -> str:
    return values.get(name, values.get(SAME.get(name, name), ""))


def render_text(text: str, values: Mapping[str, str]) -> str:
    """Fill in the variables as they are; for subjects and the plain part."""
    return _PLACE.sub(lambda match: _value(values, match[1]), text)


def render_html(text: str, values: Mapping[str, str]) -> str:
    """Fill in the variables, escaped; addresses become links, empty lines paragraphs, line breaks stay."""
    paragraphs = [html.escape(part) for part in re.split(r"\n\s*\n", text.strip())]
    filled = [
        _PLACE.sub(lambda match: _as_html(match[1], _value(values, match[1])), part).replace("\n", "<br>\n")
        for part in paragraphs
    ]
    return "\n".join(f"<p>{part}</p>" for part in filled)


def _as_html(name: str, value: str) -> str:
    safe = html.escape(value)
    if SAME.get(name, name) in {"event", "event_link", "product_url"} and value.startswith(("http://", "https://")):
        return f'<a href="{safe}">{safe}</a>'
    return safe
