"""Microsoft Teams: the body of a workflow's webhook, an adaptive card.

Names stand in text runs: unlike text blocks and fact sets those know no Markdown, so a name can make no link.
"""

from collections.abc import Mapping
from typing import Any

from doorwatch.alerts.channels.wording import address, facts, headline


def render(document: Mapping[str, Any]) -> dict[str, Any]:
    """The message that tells of an incident."""
    body = [_line({"type": "TextRun", "text": headline(document), "weight": "Bolder", "size": "Large"})]
    body += [
        _line(
            {"type": "TextRun", "text": f"{name}: ", "weight": "Bolder"},
            {"type": "TextRun", "text": value},
        )
        for name, value in facts(document)
    ]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    url = address(document)
    if url is not None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Look at it", "url": url}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _line(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}
