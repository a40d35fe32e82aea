"""Slack: the body of an incoming webhook, in blocks; names are plain text there, so they can mention nobody."""

from collections.abc import Mapping
from typing import Any

from doorwatch.alerts.channels.wording import address, facts, headline


def render(document: Mapping[str, Any]) -> dict[str, Any]:
    """The message that tells of an incident; `text` is what notifications show."""
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(headline(document))}]
    rows = facts(document)
    if rows:
        blocks.append({"type": "section", "fields": [_plain(f"{name}\n{value}") for name, value in rows]})
    url = address(document)
    if url is not None:
        button = {"type": "button", "text": _plain("Look at it"), "url": url}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": _escaped(headline(document)), "blocks": blocks}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _escaped(text: str) -> str:
    """The three characters with which Slack's own text makes mentions and links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
