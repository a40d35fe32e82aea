"""Ids: random ones for what people make, deterministic ones for what is heard of, so that replicas agree."""

import hashlib
import secrets
from functools import lru_cache

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_DIGITS = 16
_HEX = frozenset("0123456789abcdef")


def new_id(prefix: str) -> str:
    """A random id such as cam_7h2k9x0w4m (50 bits)."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(10))


@lru_cache(16_384)
def door_id_for(account: str, pacs: str, device_id: str) -> str:
    """The id of the door that an access control system calls `device_id`."""
    return "door_" + _digest("door", account, pacs, device_id).hex()[:16]


@lru_cache(65_536)
def door_number(door_id: str) -> int | None:
    """A door's id as a signed 64-bit number; None for a text that is no door's id."""
    digits = door_id.removeprefix("door_")
    if len(digits) != _DIGITS or len(door_id) != _DIGITS + 5 or not _HEX.issuperset(digits):
        return None
    value = int(digits, 16)
    return value - (1 << 64) if value >> 63 else value


@lru_cache(65_536)
def door_id_of(number: int) -> str:
    """The door's id out of its number."""
    return f"door_{number & (1 << 64) - 1:016x}"


def hash_of(*parts: str) -> int:
    """A positive 63-bit number made from the parts, the same on every machine."""
    return int.from_bytes(_digest(*parts)[:8], "big") >> 1


def _digest(*parts: str) -> bytes:
    # Lengths in front: ("ab", "c") and ("a", "bc") are not the same.
    return hashlib.sha256("".join(f"{len(part)}:{part}" for part in parts).encode()).digest()
