"""What chat programs and logs have in common: an incident's document in a few lines that no name can break."""

import unicodedata
from collections.abc import Mapping
from typing import Any

_LONGEST = 300
# These turn round or hide what stands beside them: a name must not be able to make another sentence of an alert.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
_BREAKS = frozenset({"Cc", "Zl", "Zp"})
HEADLINES = {
    "incident.provisional": "First report: ",
    "incident.created": "",
    "incident.updated": "Update: ",
    "incident.explained": "Explained: ",
    "incident.dismissed": "Dismissed: ",
    "incident.reopened": "Open again: ",
    "incident.overdue": "Not reviewed: ",
}
GOOD_NEWS = frozenset({"test", "incident.explained", "incident.dismissed", "system.over"})
"""Nothing needs to be done about these."""
KINDS = {
    "tailgating": "Tailgating",
    "possible_tailgating": "Possible tailgating",
    "unauthorized_entry": "Unauthorized entry",
    "entry_after_refusal": "Entry after a refusal",
}


def one_line(text: str, longest: int = _LONGEST) -> str:
    """A name as one line: no control characters, nothing that turns the reading direction, at most so many characters."""
    kept = " ".join(
        "".join(" " if unicodedata.category(one) in _BREAKS else one for one in _upright(text[: 4 * longest])).split()
    )
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"


def short(text: str, longest: int) -> str:
    """A text with its line breaks: nothing that turns the reading direction, at most so many characters."""
    kept = _upright(text)
    return kept if len(kept) <= longest else f"{kept[: longest - 1]}…"


def _upright(text: str) -> str:
    return "".join(one for one in text if one not in _TURNING and unicodedata.category(one) != "Cs")


def headline(document: Mapping[str, Any]) -> str:
    """What happened where, in one line of at most 150 characters."""
    told = document["data"]["object"]
    if document["type"] == "test":
        return "Alerts from Doorwatch arrive"
    if "title" in told:
        return one_line(told["title"], 150)
    kind = KINDS.get(told["kind"], told["kind"].replace("_", " ").capitalize())
    return one_line(f"{HEADLINES.get(document['type'], '')}{kind} at {one_line(told['door'], 100)}", 150)


def facts(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of what one wants to know beside the headline; none of a trial."""
    told = document["data"]["object"]
    if document["type"] == "test":
        return []
    if "title" in told:
        named = (("Why", told["reason"]), *told["facts"].items(), ("Time", told["start"]))
        return [(name, one_line(value)) for name, value in named if value]
    rows = (
        ("Why", told["reason"]),
        ("Door", told["door"]),
        ("Site", told["site"]),
        ("Camera", told["camera"]),
        ("Time", told["start"]),
        ("People", f"{told['people']} went in, {told['grants']} granted, {told['excess']} without"),
    )
    return [(name, one_line(value)) for name, value in rows if value]


def address(document: Mapping[str, Any]) -> str | None:
    """Where the incident is looked at; None for a trial, and for anything that is no web address."""
    url = document["data"]["object"].get("url")
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else None
