"""The one sentence with which an incident explains itself to a person."""

from dataclasses import dataclass

from doorwatch.domain.access import AccessEvent, Direction
from doorwatch.domain.incident import IncidentKind
from doorwatch.domain.time import Micros, to_seconds


@dataclass(frozen=True, slots=True)
class Story:
    """What the sentence is made of.

    `behind` is the time from the last admitted person to the first excess one, where there was one before;
    `refused_before` the time from the refusal to the first excess entry.
    """

    kind: IncidentKind
    people: int
    grants: int
    excess: int
    possible: int
    direction: Direction
    actors: tuple[str, ...] = ()
    behind: Micros | None = None
    refused: AccessEvent | None = None
    refused_before: Micros = 0
    partial: bool = False
    unconfirmed: bool = False


def tell(story: Story) -> str:
    """The sentence: the count first, then what happened, then what makes it less certain."""
    count = f"{_number(story.people, 'person', 'people')}, {_number(story.grants, 'grant', 'grants')}"
    text = f"{count}: {_what(story)}"
    if story.possible and story.kind is not IncidentKind.POSSIBLE_TAILGATING:
        text += f"; perhaps {story.possible} more, unseen"
    if story.partial:
        text += "; the cameras missed a part of it"
    if story.unconfirmed:
        text += "; the access control system could not be heard then, so a grant may still turn up"
    return text


def _what(story: Story) -> str:
    entered = "entered" if story.direction is Direction.IN else "left"
    if story.kind is IncidentKind.POSSIBLE_TAILGATING:
        behind = f" with {_names(story.actors)}" if story.actors else ""
        return f"perhaps {story.possible} more {entered} unseen{behind}"
    if story.kind is IncidentKind.ENTRY_AFTER_REFUSAL and story.refused is not None:
        who = story.refused.actor_name or "somebody"
        return f"{story.excess} {entered} {_seconds(story.refused_before)} after {who} was refused"
    if story.kind is IncidentKind.UNAUTHORIZED_ENTRY:
        return f"{story.excess} {entered} without any grant"
    behind = f" {_seconds(story.behind)} later" if story.behind is not None else ""
    if not story.actors:
        return f"{story.excess} more {entered} without a grant{behind}"
    had = "was" if len(set(story.actors)) == 1 else "were"
    let = f"{_names(story.actors)} {had} let {'in' if story.direction is Direction.IN else 'out'}"
    return f"{let}, {story.excess} more {entered} without a grant{behind}"


def _names(names: tuple[str, ...]) -> str:
    distinct = list(dict.fromkeys(names))
    if len(distinct) > 3:
        distinct = [*distinct[:2], f"{len(distinct) - 2} others"]
    return distinct[0] if len(distinct) == 1 else f"{', '.join(distinct[:-1])} and {distinct[-1]}"


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _seconds(length: Micros) -> str:
    return f"{to_seconds(length):.1f} s"
