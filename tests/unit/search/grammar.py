"""The table of searches in the reference: what each is understood as. Run this file to write the table anew, then read it."""

import re
from pathlib import Path

from building import BUILDING, NOW, ZONE

from doorwatch.search import parse

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "search-language.md"
ROW = re.compile(r"^\| `(?P<query>.*?)` \| (?P<parse>.*) \|$")


def described(text):
    """What a search is understood as, in one line."""
    query = parse(text, BUILDING, NOW, ZONE)
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
