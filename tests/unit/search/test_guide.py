"""The guide tells the truth: every example in it is understood as more than text."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from building import BUILDING, NOW, ZONE

from doorwatch.search import TermKind, parse

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "search.md"
NAMES = replace(BUILDING, doors={**BUILDING.doors, "d7": "Gate 1"})
# Shown in the guide as words that are looked for in the text.
TEXTS = {"rivera", "riv", '"blue coat"'}


def examples():
    for line in GUIDE.read_text().splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield from re.findall(r"`([^`]+)`", line)


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_of_the_guide_is_understood(example):
    query = parse(example, NAMES, NOW, ZONE)
    assert query.problems == ()
    assert query.terms or query.every or query.like
    texts = {term.text for term in query.terms if term.kind is TermKind.TEXT}
    assert texts == ({example} if example in TEXTS else set())
