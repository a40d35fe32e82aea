"""A door's policy: how the rule judges it. Lengths of time are microseconds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from doorwatch.domain.access import Direction
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import HOUR, MINUTE, SECOND, Micros, from_seconds


class Controlled(StrEnum):
    """The directions in which a door asks for a grant."""

    IN = "in"
    OUT = "out"
    BOTH = "both"

    def includes(self, direction: Direction) -> bool:
        """Whether a crossing in this direction needs a grant."""
        return self is Controlled.BOTH or str.__eq__(self, direction)


class PolicyError(DoorwatchError, ValueError):
    """A policy that cannot be used; the text names the key, what was found and what is expected."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How the rule judges one door.

    A grant admits from `grant_before` before it to `grant_after` after it; excess entries less than `group_gap`
    apart are one incident; a verdict is final `settle` after its last input; `clock_offset` is how far the PACS's
    clock is ahead of the cameras', and with `clock_offset_auto` what is learned about it is applied unasked. An
    unlocked period of which no end can be heard is taken to end after `unlocked_max_manual` or `_scheduled`.
    """

    grant_before: Micros = 2 * SECOND
    grant_after: Micros = 10 * SECOND
    group_gap: Micros = 10 * SECOND
    settle: Micros = 6 * SECOND
    controlled_direction: Controlled = Controlled.IN
    guests_per_grant: int = 0
    clock_offset: Micros = 0
    unlocked_max_manual: Micros = MINUTE
    unlocked_max_scheduled: Micros = 12 * HOUR
    clock_offset_auto: bool = False


_SECONDS = {  # key: (least, most) in seconds
    "grant_before": (0, 60),
    "grant_after": (0, 300),
    "group_gap": (0, 60),
    "settle": (0, 60),
    "clock_offset": (-3600, 3600),
    "unlocked_max_manual": (0, 86400),
    "unlocked_max_scheduled": (0, 604800),
}


def policy_from_mapping(mapping: Mapping[str, Any], *, where: str = "policy") -> Policy:
    """Read a policy in the shape of policy.yaml: seconds as numbers; missing keys take their defaults.

    `clock_offset: auto` stands for no offset yet, and `clock_offset_auto`; `unlocked_max` for both of its
    kinds, as one number or as `manual` and `scheduled`.

    Raises PolicyError with one sentence that names the key, what was found and what is expected.
    """
    if not isinstance(mapping, Mapping):
        raise PolicyError(f"{where}: a policy is a mapping of keys such as grant_after: 10")
    known = [field.name for field in fields(Policy)]
    values: dict[str, Any] = {}
    for key, value in _spelled_out(mapping):
        if key not in known:
            raise PolicyError(f"{where}: unknown key {key!r}; known are {', '.join(known)}")
        values[key] = _value(key, value, where)
    return Policy(**values)


def _value(key: str, value: Any, where: str) -> Any:
    if key == "controlled_direction":
        if not isinstance(value, str) or value not in set(Controlled):
            raise PolicyError(f"{where}: controlled_direction is {value!r}; expected in, out or both")
        return Controlled(value)
    if key == "clock_offset_auto":
        if not isinstance(value, bool):
            raise PolicyError(f"{where}: clock_offset_auto is {value!r}; expected true or false")
        return value
    if key == "guests_per_grant":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 20:
            raise PolicyError(f"{where}: guests_per_grant is {value!r}; expected a whole number from 0 to 20")
        return value
    least, most = _SECONDS[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise PolicyError(f"{where}: {key} is {value!r}; expected seconds from {least} to {most}")
    return from_seconds(value)


def _spelled_out(mapping: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in mapping.items():
        if key == "clock_offset" and value == "auto":
            yield "clock_offset_auto", True
        elif key == "unlocked_max" and isinstance(value, Mapping):
            yield from ((f"unlocked_max_{kind}", length) for kind, length in value.items())
        elif key == "unlocked_max":
            yield "unlocked_max_manual", value
            yield "unlocked_max_scheduled", value
        else:
            yield key, value


def policy_to_mapping(policy: Policy) -> dict[str, Any]:
    """A policy in the shape of policy.yaml; `clock_offset_auto` only when it is on."""
    return {
        field.name: getattr(policy, field.name) / SECOND
        if field.name in _SECONDS
        else str(getattr(policy, field.name))
        if field.name == "controlled_direction"
        else getattr(policy, field.name)
        for field in fields(policy)
        if field.name != "clock_offset_auto" or policy.clock_offset_auto
    }
