"""What the gateway needs of any access control system: connect, inventory, stream, backfill.

Times that cross this line are microseconds since 1970 of the gateway's clock, except `PacsEvent.at`, which is the time
that the PACS itself gave. What a driver must and must not do is listed in docs/design/pacs-driver.md and tried by
tests/integration/pacs/driver_contract.py.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import msgspec

from doorwatch.domain.access import Direction
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import Micros

TICKS = 10
"""Ticks of a microsecond: times as a PACS writes them have up to seven decimals."""


class PacsError(DoorwatchError):
    """The PACS cannot be used now; the text names cause and cure. `slow`: trying again soon cannot help."""

    slow = False


class PacsRefusedError(PacsError):
    """The PACS knows us not, or does not let us: somebody has to change the configuration."""

    slow = True


class PacsLostError(PacsError):
    """The stream broke, or fell silent. `proved`: nothing after this moment counts as heard, though it seemed so."""

    def __init__(self, message: str, proved: Micros | None = None) -> None:
        super().__init__(message)
        self.proved = proved


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """One side of a door: a reader, an exit button. `side` is the way in which it lets people pass."""

    id: str
    side: Direction | None = None
    cameras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PacsDoor:
    """A door as the PACS knows it; `cameras` are the PACS's own ids, a suggestion for the mapping.

    `camera_names` are what the PACS calls those of them whose names it tells.
    """

    device_id: str
    name: str
    access_points: tuple[AccessPoint, ...] = ()
    cameras: tuple[str, ...] = ()
    camera_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All doors that the PACS lets us see."""

    doors: tuple[PacsDoor, ...] = ()


class PacsEvent(msgspec.Struct, frozen=True, gc=False):
    """One copy of an occurrence at a door, as far as this copy knows.

    `at` is the PACS's time, rounded half up to the millisecond; `decimals` is how many digits of the second the PACS
    gave (0 to 7), which says how exactly copies can be compared. `source` is stream or report. `exact` is the time as it was
    written, in ticks of 100 ns; None where `at` is all that was told. `unplaced`: `door` is only the source of the event,
    whose door `place` may find. `name_follows`: a second copy with the cardholder's name is likely to come at once.
    """

    door: str
    at: Micros
    event_type: str
    decimals: int = 3
    actor_id: str | None = None
    actor_name: str | None = None
    actor_email: str | None = None
    access_point_id: str | None = None
    side: Direction | None = None
    source: str = "stream"
    exact: int | None = None
    unplaced: bool = False
    name_follows: bool = False


@dataclass(frozen=True, slots=True)
class Events:
    """Occurrences, in the order in which they came. `proves`: they came by the stream just now."""

    events: Sequence[PacsEvent]
    at: Micros
    proves: bool = True


@dataclass(frozen=True, slots=True)
class Alive:
    """A sign of life at that moment. `proves` that the PACS itself still speaks; otherwise only its machine answered."""

    at: Micros
    proves: bool


@dataclass(frozen=True, slots=True)
class Subscribed:
    """At that moment these event types were surely subscribed, and those were refused."""

    at: Micros
    types: tuple[str, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """The stream goes on, but something may have been missed since that moment."""

    since: Micros
    reason: str


@dataclass(frozen=True, slots=True)
class InventoryChanged:
    """Doors came, went or were renamed: ask for the inventory again."""


StreamItem: TypeAlias = Events | Alive | Subscribed | Missed | InventoryChanged


@dataclass(slots=True)
class DriverStatus:
    """What health pages show: plain facts by name, all optional."""

    facts: dict[str, float | int | str | None] = field(default_factory=dict)


class Driver(Protocol):
    """One access control system. Used by one task at a time, except that `backfill` runs beside `stream`."""

    status: DriverStatus

    @property
    def ahead(self) -> Micros:
        """How far the PACS's clock is ahead of ours, as its last answer told; 0 where it does not tell."""
        ...

    async def connect(self) -> None:
        """See that the PACS is there and lets us in. Raises PacsError."""
        ...

    async def inventory(self) -> Inventory:
        """All doors. Raises PacsError."""
        ...

    def stream(self) -> AsyncIterator[StreamItem]:
        """Subscribe and listen until it breaks, which raises PacsError. The first item of substance is Subscribed."""
        ...

    def backfill(
        self, since: Micros, until: Micros, types: Sequence[str] | None = None
    ) -> AsyncIterator[Sequence[PacsEvent]]:
        """What the PACS itself recorded between two moments, both included, oldest first; all types, or only these.

        Raises PacsError.
        """
        ...

    async def place(self, event: PacsEvent) -> PacsEvent | None:
        """An event that came `unplaced`, with its door; None while that is not known. Raises PacsError."""
        ...

    async def close(self) -> None:
        """Give back what was taken: subscriptions, streams, licences."""
        ...
