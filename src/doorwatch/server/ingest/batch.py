"""Batches: the good items are kept and the bad ones named, by index and field."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from doorwatch.domain.errors import DoorwatchError

T = TypeVar("T")


class ItemError(DoorwatchError, ValueError):
    """An item, or a whole body, that can't be used."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """The items that could be read, each with its index, and what was wrong with the others."""

    items: list[tuple[int, T]]
    errors: list[dict[str, Any]]

    @classmethod
    def of(cls, raw: Iterable[Any], read: Callable[[Any], T]) -> "Batch[T]":
        """Read every item."""
        items: list[tuple[int, T]] = []
        errors: list[dict[str, Any]] = []
        for index, item in enumerate(raw):
            try:
                items.append((index, read(item)))
            except ItemError as error:
                errors.append(bad_item(index, error.field, str(error)))
        return cls(items, errors)

    @property
    def good(self) -> list[T]:
        """The items that could be read."""
        return [item for _, item in self.items]


def bad_item(index: int, field: str, sentence: str) -> dict[str, Any]:
    """How a refused item is told."""
    return {"index": index, "field": field, "error": sentence}
