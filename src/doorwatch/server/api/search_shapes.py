"""Queries, what they find and what may be meant, as the API gives them."""

from typing import Literal

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


StandsOut = Literal["clearly", "somewhat", "hardly", "not"]


class LikenessShape(Answer):
    """How much a moment is like what was looked for: the cosine, and what that is among all that were compared.

    `stands_out` is null where too few were compared to say.
    """

    moment_id: str
    cosine: float
    stands_out: StandsOut | None


class RankingShape(Answer):
    """Results in the order of likeness: how each is, with how many it was compared, and what could not be.

    Not `whole`: only the newest that match were compared. `left_out` have a likeness that another model made.
    """

    scores: list[LikenessShape]
    compared: int
    whole: bool
    left_out: int


class SearchResult(Answer):
    """What was found, newest first; `next` goes into `before` for the next page; not `exact` means: and more.

    With `ranking` the likest come first. `looks_known` are those of the moments of which others like them can be found;
    there are none where searching by looks is off.
    """

    query: QueryShape
    total: int
    exact: bool
    moments: list[MomentShape]
    next: str | None
    ranking: RankingShape | None
    looks_known: list[str]


class SuggestionShape(Answer):
    """Something that could be meant."""

    text: str
    kind: str


class SuggestionList(Answer):
    """What could be meant by what was typed so far."""

    suggestions: list[SuggestionShape]
