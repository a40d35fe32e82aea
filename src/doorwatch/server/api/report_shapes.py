"""Figures of doors and of health, as the API gives them."""

from typing import Annotated

from pydantic import Field

from doorwatch.server.api.place_shapes import NamedDoor
from doorwatch.server.api.shapes import Answer


class DoorSummary(Answer):
    """What happened at one door in the days asked for."""

    door: NamedDoor
    grants: int
    entries_in: Annotated[int, Field(serialization_alias="in")]
    entries_out: Annotated[int, Field(serialization_alias="out")]
    incidents: dict[str, int]
    reviewed: int


class HealthShape(Answer):
    """Whether a process is alive or can serve, and what is missing."""

    status: str
    missing: list[str] = Field(default_factory=list)
