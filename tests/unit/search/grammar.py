"""The table of searches in the reference: what each is understood as. Run this file to write the table anew, then read it."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

from doorwatch.domain.time import from_iso
from doorwatch.search import Vocabulary, parse

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "search-language.md"
NOW = from_iso("2026-11-25T14:30:00Z")
ZONE = ZoneInfo("Europe/Berlin")
NAMES = Vocabulary(
    doors={
        "d1": "Lobby east",
        "d2": "Lobby west",
        "d3": "Gate 2",
        "d4": "Server room",
        "d5": "Left wing",
        "d6": "Zürich",
    },
    cameras={"c1": "Lobby cam", "c2": "Gate 2", "c3": "Roof", "c4": "Exit right"},
    labels=frozenset({"vip", "contractor", "side in", "exit", "red", "upper red"}),
    looks=True,
    people=("J. Rivera", "Ann Lee", "Rose May", "Will Gate"),
    groups={"North wing": frozenset({"c1", "c3"}), "Contractor": frozenset({"c4"})},
    sites={"Berlin": (frozenset({"d1", "d2"}), frozenset({"c1"})), "Porto": (frozenset({"d6"}), frozenset())},
)
ROW = re.compile(r"^\| `(?P<query>.*?)` \| (?P<parse>.*) \|$")


def described(text):
    """What a search is understood as, in one line."""
    query = parse(text, NAMES, NOW, ZONE)
    terms = iter(query.terms)
    parts = []
    for chip in query.chips:
        joined = "or " if chip.kind not in {"every", "like"} and next(terms).joined else ""
        parts.append(f"{joined}**{chip.kind}** {chip.value}")
    parts += [f"*{problem}*" for problem in query.problems]
    return "; ".join(parts).replace("|", "\\|") or "everything"


def rows():
    """Searches of the page with what it says they are understood as."""
    for line in PAGE.read_text().splitlines():
        if found := ROW.match(line):
            yield found["query"].replace("\\|", "|"), found["parse"]


def written():
    """The page, its second columns made anew."""
    lines = []
    for line in PAGE.read_text().splitlines():
        found = ROW.match(line)
        lines.append(f"| `{found['query']}` | {described(found['query'])} |" if found else line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written())
