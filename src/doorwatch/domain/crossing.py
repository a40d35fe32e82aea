"""Crossings: one track passing a door's threshold, and the tiles on which the person stood."""

from dataclasses import dataclass

from doorwatch.domain.access import Direction
from doorwatch.domain.appearance import UNKNOWN, Appearance
from doorwatch.domain.time import Micros


@dataclass(frozen=True, slots=True)
class TileStep:
    """From `at` on the person's feet stood on this tile (column, row of the scene's grid, both from 0)."""

    at: Micros
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """One person passing a threshold.

    `at` is capture time of the first frame on the new side. `crossing_id` is the producer's and is kept through
    retries; the same id posted again (a longer trail, say) replaces the former. `confidence` is 0 to 1.
    `continuous` says that the track was never lost between this crossing and its previous one.
    `possible` is how many further people may be hidden behind this one (0 when the count is certain).
    `appearance` is told when it is known, a moment later; the rule never reads it.
    """

    crossing_id: str
    door: str
    camera: str
    track: str
    at: Micros
    direction: Direction
    confidence: float = 1.0
    continuous: bool = True
    possible: int = 0
    trail: tuple[TileStep, ...] = ()
    appearance: Appearance = UNKNOWN
