"""Who was admitted by which grant: the exact answer, in the order in which people came.

Each person takes an admission that is valid then and that way. Which one is a choice, and a choice can be regretted:
the one for either direction is missing later when somebody goes the other way. So all choices are kept that may still
turn out best, in order of preference; a person is excess only when none of them leaves an admission. Choices that no
longer differ are one again, so that on nearly every door a single one is carried along.

Somebody who turns back gives the admission back at that moment, and not before: who had entered until then has used
another one or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from doorwatch.domain.access import Direction
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict.timeline import Admission

_MOST_CHOICES = 128
"""Far above what any door needs; a bound on time for input that was made up to be slow."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who passes in a controlled direction; `back_at` is when that person was back again."""

    at: Micros
    direction: Direction
    back_at: Micros | None = None


@dataclass(frozen=True, slots=True)
class _Taken:
    """A person's admission, and what was taken before: the history that a choice shares with others."""

    person: int
    admission: int
    before: "_Taken | None"


@dataclass(frozen=True, slots=True)
class _Choice:
    free: tuple[int, ...]
    """Admissions that can still be taken, by index, sorted."""
    lent: tuple[tuple[int, int], ...]
    """(person, admission) of those who will turn back."""
    taken: _Taken | None

    def key(self) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
        return (self.free, self.lent)


def assign(people: Sequence[Person], admissions: Sequence[Admission]) -> dict[int, int]:
    """For each person (by index; sorted by time) the index of the admission taken; excess people are absent.

    `admissions` are sorted by start. Among all ways to admit the same people, it is the first by preference.
    """
    return _Assignment(people, admissions).run()


class _Assignment:
    def __init__(self, people: Sequence[Person], admissions: Sequence[Admission]) -> None:
        self._people = people
        self._admissions = admissions
        self._preference = [admission.preference for admission in admissions]
        ways = {person.direction for person in people}
        self._one_way = len(ways) == 1
        self._choices = [_Choice((), (), None)]
        self._next = 0

    def run(self) -> dict[int, int]:
        for at, comes, index in self._steps():
            self._admit_until(at)
            if comes:
                self._take(index)
            else:
                self._return(index, at)
        result: dict[int, int] = {}
        taken = self._choices[0].taken
        while taken is not None:
            result[taken.person] = taken.admission
            taken = taken.before
        return result

    def _steps(self) -> list[tuple[Micros, bool, int]]:
        """What happens, in order: at one time those who come back first, since what they give back is free then."""
        steps = [(person.at, True, index) for index, person in enumerate(self._people)]
        steps += [
            (person.back_at, False, index)
            for index, person in enumerate(self._people)
            if person.back_at is not None and person.back_at > person.at
        ]
        return sorted(steps)

    def _admit_until(self, at: Micros) -> None:
        """Let begin what has begun, and end what has ended, by then."""
        begun: list[int] = []
        while self._next < len(self._admissions) and self._admissions[self._next].start <= at:
            begun.append(self._next)
            self._next += 1
        changed = False
        for position, choice in enumerate(self._choices):
            alive = tuple(index for index in choice.free if self._admissions[index].end >= at)
            if begun or len(alive) != len(choice.free):
                changed = True
                fresh = tuple(index for index in begun if self._admissions[index].end >= at)
                self._choices[position] = _Choice(alive + fresh, choice.lent, choice.taken)
        if changed and len(self._choices) > 1:
            self._choices = _first_of_equals(self._choices)

    def _take(self, person: int) -> None:
        following: list[_Choice] = []
        for choice in self._choices:
            for admission in self._options(person, choice):
                free = tuple(index for index in choice.free if index != admission)
                lends = self._people[person].back_at is not None
                lent = (*choice.lent, (person, admission)) if lends else choice.lent
                following.append(_Choice(free, lent, _Taken(person, admission, choice.taken)))
        if following:
            self._choices = self._worth_keeping(following)

    def _options(self, person: int, choice: _Choice) -> list[int]:
        """The admissions to try, preferred ones first, without those that are never better than a preferred one."""
        who = self._people[person]
        if who.back_at is not None and who.back_at <= who.at:
            return []
        fitting = sorted(
            (index for index in choice.free if self._admissions[index].direction in {None, who.direction}),
            key=self._preference.__getitem__,
        )
        if who.back_at is not None:
            return fitting
        kept: list[int] = []
        for index in fitting:
            if not any(self._no_worse_to_lose(other, index) for other in kept):
                kept.append(index)
        return kept

    def _no_worse_to_lose(self, one: int, other: int) -> bool:
        """Whether `other` can serve everybody later whom `one` can."""
        first, second = self._admissions[one], self._admissions[other]
        covers = self._one_way or second.direction is None or first.direction is second.direction
        return covers and first.end <= second.end

    def _return(self, person: int, at: Micros) -> None:
        changed = []
        for choice in self._choices:
            given = [admission for who, admission in choice.lent if who == person]
            back = [admission for admission in given if self._admissions[admission].end >= at]
            lent = tuple(entry for entry in choice.lent if entry[0] != person)
            changed.append(_Choice(tuple(sorted((*choice.free, *back))), lent, choice.taken))
        self._choices = self._worth_keeping(changed)

    def _worth_keeping(self, choices: list[_Choice]) -> list[_Choice]:
        kept: list[_Choice] = []
        for choice in _first_of_equals(choices):
            if not any(self._dominates(better, choice) for better in kept):
                kept.append(choice)
        return kept[:_MOST_CHOICES]

    def _dominates(self, one: _Choice, other: _Choice) -> bool:
        """Whether `one` leaves at least what `other` leaves, one by one, and lends the same."""
        return one.lent == other.lent and all(
            len(mine) >= len(theirs) and all(a >= b for a, b in zip(mine, theirs, strict=False))
            for mine, theirs in ((self._ends(one, way), self._ends(other, way)) for way in self._ways())
        )

    def _ways(self) -> tuple[Direction | None, ...]:
        return (None,) if self._one_way else (None, Direction.IN, Direction.OUT)

    def _ends(self, choice: _Choice, way: Direction | None) -> list[Micros]:
        return sorted(
            (
                self._admissions[index].end
                for index in choice.free
                if self._one_way or self._admissions[index].direction is way
            ),
            reverse=True,
        )


def _first_of_equals(choices: list[_Choice]) -> list[_Choice]:
    """Choices that leave and lend the same are one: the preferred."""
    distinct: dict[tuple[tuple[int, ...], tuple[tuple[int, int], ...]], _Choice] = {}
    for choice in choices:
        distinct.setdefault(choice.key(), choice)
    return list(distinct.values())
