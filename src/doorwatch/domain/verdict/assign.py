"""Who was admitted by which grant: the exact answer, in the order in which people came.

Each person takes an admission that is valid then and that way. Which one is a choice, and a choice can be regretted:
the one for either direction is missing later when somebody goes the other way. So all choices are kept that may still
turn out best: the one that preference makes, and those to fall back on when it leads nowhere. A person is excess only
when none of them leaves an admission. Choices that no longer differ are one again, and those that leave less than
another are dropped, so that on nearly every door a single one is carried along.

Somebody who turns back gives the admission back at that moment, and not before: who had entered until then has used
another one or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from doorwatch.domain.access import Direction
from doorwatch.domain.time import Micros
from doorwatch.domain.verdict.timeline import Admission

_MOST_CHOICES = 64
"""Far above what a door needs; a bound on time for crowds in which many turn back at once."""

_FEW = 6
"""With more spare admissions than this, who turns back tries those that matter instead of each."""


class Person(NamedTuple):
    """Somebody who passes in a controlled direction; `back_at` is when that person was back again."""

    at: Micros
    direction: Direction
    back_at: Micros | None = None


class _Taken(NamedTuple):
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


class _Left(NamedTuple):
    """What a choice leaves for others: who will give back what, and the ends of what is free, latest first."""

    lenders: tuple[int, ...]
    lent_ends: tuple[Micros, ...]
    lent_ways: tuple[Direction | None, ...]
    free_ends: tuple[list[Micros], ...]


def assign(
    people: Sequence[Person],
    admissions: Sequence[Admission],
    *,
    one_way: bool = False,
    settled: list[int] | None = None,
) -> dict[int, int]:
    """For each person (by index; sorted by time) the index of the admission taken; excess people are absent.

    `admissions` are sorted by start. `one_way` says that everybody needs an admission in the same direction, which
    saves telling admissions apart by theirs. Everybody takes what is preferred; only where that would make somebody
    excess who need not be, others before take another one. `settled` is filled with the people (by index) a microsecond
    before whom a single choice was left and nothing was lent.
    """
    assignment = _Assignment(people, admissions, one_way=one_way)
    taken = assignment.run()
    if settled is not None:
        settled += assignment.settled
    return taken


class _Assignment:
    def __init__(self, people: Sequence[Person], admissions: Sequence[Admission], *, one_way: bool) -> None:
        self._people = people
        self._admissions = admissions
        self._preference = [admission.preference for admission in admissions]
        self._one_way = one_way
        self._ways: tuple[Direction | None, ...] = (None,) if one_way else (None, Direction.IN, Direction.OUT)
        self._choices = [_Choice((), (), None)]
        self._next = 0
        self.settled: list[int] = []
        self._only_by_end = one_way and bool(people) and _differ_by_end_alone(admissions, people[0].direction)

    def run(self) -> dict[int, int]:
        steps = self._steps()
        position = 0
        while position < len(steps):
            if self._only_by_end and len(self._choices) == 1 and not self._choices[0].lent:
                position = self._take_in_turn(steps, position)
                if position == len(steps):
                    break
            at, comes, index = steps[position]
            alone = len(self._choices) == 1 and not self._choices[0].lent
            if alone and comes and (position == 0 or steps[position - 1][0] < at):
                self.settled.append(index)
            self._admit_until(at)
            if comes:
                self._take(index)
            else:
                self._return(index, at)
            position += 1
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

    def _take_in_turn(self, steps: Sequence[tuple[Micros, bool, int]], position: int) -> int:
        """Take steps from `position` on for as long as nobody comes who turns back; the position after them.

        Where admissions differ in nothing but when they end, what runs out first is never missed later: no choice is left.
        """
        people, admissions = self._people, self._admissions
        ways = {None, people[0].direction}
        [choice] = self._choices
        free = [(self._preference[index], index) for index in choice.free if admissions[index].direction in ways]
        heapify(free)
        taken = choice.taken
        while position < len(steps):
            at, _, person = steps[position]
            if people[person].back_at is not None:
                break
            if position == 0 or steps[position - 1][0] < at:
                self.settled.append(person)
            while self._next < len(admissions) and admissions[self._next].start <= at:
                if admissions[self._next].direction in ways:
                    heappush(free, (self._preference[self._next], self._next))
                self._next += 1
            while free and admissions[free[0][1]].end < at:
                heappop(free)
            if free:
                taken = _Taken(person, heappop(free)[1], taken)
            position += 1
        self._choices = [_Choice(tuple(sorted(index for _, index in free)), (), taken)]
        return position

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
            return fitting if len(fitting) <= _FEW else self._worth_lending(fitting, who.back_at)
        kept: list[int] = []
        for index in fitting:
            if not any(self._no_worse_to_lose(other, index) for other in kept):
                kept.append(index)
        return kept

    def _worth_lending(self, fitting: list[int], back_at: Micros) -> list[int]:
        """The preferred one; and of each way the last to end, since it comes back, and one that ends meanwhile."""
        kept = [fitting[0]]
        for way in self._ways:
            ordered = sorted(
                (index for index in fitting if self._way(index) is way), key=lambda index: self._admissions[index].end
            )
            kept += ordered[-1:]
            kept += [index for index in ordered[:1] if self._admissions[index].end < back_at]
        return list(dict.fromkeys(kept))

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
        """The preferred choice, and of the others those that leave something which no other leaves."""
        if len(choices) == 1:
            return choices
        kept: list[tuple[_Choice, _Left]] = []
        for choice in _first_of_equals(choices):
            left = self._left(choice)
            if not any(_no_less(other, left) for _, other in kept):
                kept[1:] = [entry for entry in kept[1:] if not _no_less(left, entry[1])]
                kept.append((choice, left))
        return [choice for choice, _ in kept[:_MOST_CHOICES]]

    def _left(self, choice: _Choice) -> _Left:
        return _Left(
            tuple(person for person, _ in choice.lent),
            tuple(self._admissions[admission].end for _, admission in choice.lent),
            tuple(self._way(admission) for _, admission in choice.lent),
            tuple(self._ends(choice, way) for way in self._ways),
        )

    def _way(self, admission: int) -> Direction | None:
        return None if self._one_way else self._admissions[admission].direction

    def _ends(self, choice: _Choice, way: Direction | None) -> list[Micros]:
        return sorted(
            (self._admissions[index].end for index in choice.free if self._way(index) is way),
            reverse=True,
        )


def _differ_by_end_alone(admissions: Sequence[Admission], way: Direction) -> bool:
    """Whether all admissions for this way are for it alone, or all are for either way."""
    return len({one.direction is None for one in admissions if one.direction in {None, way}}) < 2


def _no_less(one: _Left, other: _Left) -> bool:
    """Whether `one` leaves at least what `other` leaves, one by one, now and when people have turned back."""
    if one.lenders != other.lenders or any(a < b for a, b in zip(one.lent_ends, other.lent_ends, strict=True)):
        return False
    if any(a is not None and a is not b for a, b in zip(one.lent_ways, other.lent_ways, strict=True)):
        return False
    return all(
        len(mine) >= len(theirs) and all(a >= b for a, b in zip(mine, theirs, strict=False))
        for mine, theirs in zip(one.free_ends, other.free_ends, strict=True)
    )


def _first_of_equals(choices: list[_Choice]) -> list[_Choice]:
    """Choices that leave and lend the same are one: the preferred."""
    distinct: dict[tuple[tuple[int, ...], tuple[tuple[int, int], ...]], _Choice] = {}
    for choice in choices:
        distinct.setdefault(choice.key(), choice)
    return list(distinct.values())
