"""What a search means: terms, each of one kind. Words of one kind are alternatives, kinds narrow each other down."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.domain.time import Micros

OPEN_START: Micros = -(1 << 62)
OPEN_END: Micros = 1 << 62


class TermKind(StrEnum):
    """What a term asks about. `PLACE` is a door or a camera, `TEXT` any word of a moment."""

    CAMERA = "camera"
    DOOR = "door"
    PLACE = "place"
    LABEL = "label"
    PERSON = "person"
    KIND = "kind"
    DIRECTION = "direction"
    REVIEW = "review"
    STATE = "state"
    TIME = "time"
    COUNT = "count"
    TEXT = "text"


class Compare(StrEnum):
    """How a count is compared."""

    LESS = "<"
    AT_MOST = "<="
    EXACTLY = "="
    AT_LEAST = ">="
    MORE = ">"

    def holds(self, left: int, right: int) -> bool:
        """Whether `left` compares so with `right`."""
        return {
            Compare.LESS: left < right,
            Compare.AT_MOST: left <= right,
            Compare.EXACTLY: left == right,
            Compare.AT_LEAST: left >= right,
            Compare.MORE: left > right,
        }[self]


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` until before `end`; one of them may be open."""

    start: Micros
    end: Micros

    @property
    def is_open(self) -> bool:
        """Whether it has only one end."""
        return self.start == OPEN_START or self.end == OPEN_END

    def holds(self, at: Micros) -> bool:
        """Whether that time lies in it."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Count:
    """A number of a moment, compared; `what` is people, grants or excess."""

    what: str
    compare: Compare
    number: int


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a moment must have (or must not, if negated).

    `value` is folded for labels, persons and text, and an enumeration's value else. `doors` and `cameras` are the ids
    that a name stands for; a text has those, too, whose names have the word.
    """

    kind: TermKind
    text: str
    value: str = ""
    negated: bool = False
    doors: frozenset[str] = frozenset()
    cameras: frozenset[str] = frozenset()
    span: Span | None = None
    count: Count | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the search as it was understood: `text` as written, `value` what it stands for."""

    kind: str
    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Query:
    """A search that was understood. `problems` are sentences about what was not."""

    text: str
    terms: tuple[Term, ...] = ()
    chips: tuple[Chip, ...] = ()
    problems: tuple[str, ...] = ()

    def alternatives(self) -> list[list[Term]]:
        """Groups of terms that must not be missed: each group by one of its terms at least."""
        groups: dict[str, list[Term]] = {}
        for number, term in enumerate(self.terms):
            if not term.negated:
                groups.setdefault(_group(term, number), []).append(term)
        return list(groups.values())

    def excluded(self) -> Sequence[Term]:
        """Terms none of which a moment may have."""
        return [term for term in self.terms if term.negated]


def _group(term: Term, number: int) -> str:
    if term.kind in {TermKind.TEXT, TermKind.COUNT} or (term.span is not None and term.span.is_open):
        return f"{term.kind} {number}"  # more words, or `after 8:00 before 9:00`: all of them must hold
    return TermKind.DOOR if term.kind is TermKind.PLACE else term.kind
