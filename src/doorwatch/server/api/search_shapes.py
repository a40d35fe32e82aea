"""Queries, what they find and what may be meant, as the API gives them."""

from doorwatch.server.api.happening_shapes import MomentShape
from doorwatch.server.api.shapes import Answer


class Chip(Answer):
    """A part of the query that was understood; `text` kinds are words that are no name and no label.

    The query has it from the character `start` until before `end`.
    """

    kind: str
    text: str
    value: str
    start: int
    end: int


class QueryShape(Answer):
    """How the text was understood."""

    text: str
    chips: list[Chip]
    problems: list[str]


class SearchResult(Answer):
    """What was found, newest first; `next` goes into `before` for the next page; not `exact` means: and more."""

    query: QueryShape
    total: int
    exact: bool
    moments: list[MomentShape]
    next: str | None


class SuggestionShape(Answer):
    """Something that could be meant."""

    text: str
    kind: str


class SuggestionList(Answer):
    """What could be meant by what was typed so far."""

    suggestions: list[SuggestionShape]
