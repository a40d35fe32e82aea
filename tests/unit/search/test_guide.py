"""The guide tells the truth: every example in it is understood as more than text."""

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from doorwatch.domain.time import from_iso
from doorwatch.search import TermKind, Vocabulary, parse

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "search.md"
NAMES = Vocabulary(
    {"d1": "Lobby east", "d2": "Server room", "d3": "Gate 1"},
    {"c1": "Gate 2"},
    frozenset(),
    ("J. Rivera",),
    {"North wing": frozenset({"c1"})},
    looks=True,
)
# Shown in the guide as words that are looked for in the text.
TEXTS = {"rivera", "riv", '"blue coat"'}


def examples():
    for line in GUIDE.read_text().splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield from re.findall(r"`([^`]+)`", line)


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_of_the_guide_is_understood(example):
    query = parse(example, NAMES, from_iso("2026-11-25T14:30:00Z"), ZoneInfo("Europe/Berlin"))
    assert query.problems == ()
    assert query.terms or query.every or query.like
    texts = {term.text for term in query.terms if term.kind is TermKind.TEXT}
    assert texts == ({example} if example in TEXTS else set())
