"""How somebody looks, as a direction among a few hundred numbers: alike pictures, and texts about them, point alike.

A direction is kept in a byte a number: its length as a factor (four bytes, little-endian), then the numbers from -127
to 127. How alike two are is the cosine of the angle between them, from -1 to 1.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

HEAD = 4
"""Bytes in front of the numbers: by what to multiply them so that the direction has the length 1."""
MOST_NUMBERS = 4096
_LARGEST = 127


@dataclass(frozen=True, slots=True)
class Likeness:
    """A packed direction, and the identity of the model that made it: those of another are never compared with it."""

    model: int
    direction: bytes


def packed(direction: Sequence[float]) -> bytes:
    """A direction as it is sent and stored. Raises ValueError for one that points nowhere, or is too long to be one."""
    largest = max((abs(value) for value in direction), default=0.0)
    if not 0 < largest < math.inf or len(direction) > MOST_NUMBERS:
        raise ValueError(f"{len(direction)} numbers, the largest {largest:g}, are no direction")
    rounded = [round(value * _LARGEST / largest) for value in direction]
    return struct.pack(f"<f{len(rounded)}b", 1 / math.hypot(*rounded), *rounded)


def is_packed(data: bytes) -> bool:
    """Whether bytes are a direction."""
    numbers = len(data) - HEAD
    if not 0 < numbers <= MOST_NUMBERS:
        return False
    factor, *rounded = struct.unpack(f"<f{numbers}b", data)
    return any(rounded) and math.isclose(factor * math.hypot(*rounded), 1, rel_tol=1e-3)
