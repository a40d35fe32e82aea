"""What a search means: terms, each of one kind. Words of one kind are alternatives, kinds narrow each other down."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.domain.time import SECOND, Micros

OPEN_START: Micros = -(1 << 62)
OPEN_END: Micros = 1 << 62
REVIEWED = ("confirmed", "dismissed")
"""What `reviewed` stands for."""


class TermKind(StrEnum):
    """What a term asks about.

    `PLACE` is a door or a camera, `ZONE` a site or a group of cameras, `TEXT` any word of a moment.
    """

    CAMERA = "camera"
    DOOR = "door"
    PLACE = "place"
    ZONE = "zone"
    LABEL = "label"
    COLOUR = "colour"
    CARRYING = "carrying"
    PERSON = "person"
    KIND = "kind"
    DIRECTION = "direction"
    REVIEW = "review"
    STATE = "state"
    TIME = "time"
    SCHEDULE = "schedule"
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
class Schedule:
    """Hours of days that come again, as clocks show them at a place; a stretch over midnight is that of its first day.

    `days` counts from 0, a Monday; `start` and `end` are seconds since midnight, the end not included and smaller than the
    start when it is on the next day. `offsets` are the microseconds that clocks there are ahead of UTC, and from when on.
    """

    days: frozenset[int]
    start: int
    end: int
    offsets: tuple[tuple[Micros, Micros], ...]

    def holds(self, at: Micros) -> bool:
        """Whether that time lies in it."""
        begun = bisect_right(self.offsets, at, key=lambda offset: offset[0])
        day, second = divmod((at + self.offsets[max(0, begun - 1)][1]) // SECOND, 86_400)
        weekday = (day + 3) % 7
        if self.start < self.end:
            return weekday in self.days and self.start <= second < self.end
        return (weekday in self.days and second >= self.start) or ((weekday - 1) % 7 in self.days and second < self.end)


@dataclass(frozen=True, slots=True)
class Count:
    """A number of a moment, compared; `what` is people, grants or excess, or dwell in seconds.

    With `most` it is from `number` to that, both included, and `compare` is AT_LEAST.
    """

    what: str
    compare: Compare
    number: int
    most: int | None = None

    def holds(self, number: int) -> bool:
        """Whether a moment's number is meant."""
        return self.compare.holds(number, self.number) and (self.most is None or number <= self.most)


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
    schedule: Schedule | None = None
    joined: bool = False
    """Whether an `or` stands between it and the term before."""

    @property
    def is_name(self) -> bool:
        """Of a person's: whether an incident may tell of them; its text has names, and numbers that are nobody's id."""
        return any(sign.isalpha() for sign in self.value)


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the search as it was understood: `text` as written, `value` what it stands for.

    The search has it from the character `start` until before `end`.
    """

    kind: str
    text: str
    value: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Like:
    """What the moments that match are to look like: a text, or the picture of a moment, by its id."""

    text: str

    @property
    def moment(self) -> str | None:
        """The moment's id; None where a text is meant."""
        return self.text if self.text.startswith(("crossing:", "incident:")) else None


@dataclass(frozen=True, slots=True)
class Query:
    """A search that was understood. `problems` are sentences about what was not.

    With `every`, in microseconds, only the newest of the moments within each such stretch of time is wanted. With `like`
    they are wanted in the order of likeness, the likest first.
    """

    text: str
    terms: tuple[Term, ...] = ()
    chips: tuple[Chip, ...] = ()
    problems: tuple[str, ...] = ()
    every: Micros | None = None
    like: Like | None = None

    def alternatives(self) -> list[list[Term]]:
        """Groups of terms that must not be missed: each group by one of its terms at least."""
        groups: dict[str, list[Term]] = {}
        last: list[Term] | None = None
        for number, term in enumerate(self.terms):
            if term.negated:
                last = None
                continue
            if not (term.joined and last is not None):
                last = groups.setdefault(_group(term, number), [])
            last.append(term)
        return list(groups.values())

    def excluded(self) -> Sequence[Term]:
        """Terms none of which a moment may have."""
        return [term for term in self.terms if term.negated]


_ALONE = frozenset({TermKind.TEXT, TermKind.COUNT, TermKind.LABEL, TermKind.CARRYING})


def _group(term: Term, number: int) -> str:
    """Terms of one group are alternatives.

    A moment has one place, one person, one kind, so that two of them can only be alternatives. Of labels, words and bags it
    has many, and of `after 8:00 before 9:00` both must hold.
    """
    if term.kind in _ALONE or (term.span is not None and term.span.is_open):
        return f"{term.kind} {number}"
    if term.kind is TermKind.COLOUR:
        return f"{term.kind} {term.value.partition(' ')[0] if ' ' in term.value else ''}"
    return TermKind.DOOR if term.kind is TermKind.PLACE else term.kind
