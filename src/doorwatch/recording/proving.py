"""Whether recorded files still are what they were when they were listed: by size, hash and a look into them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from doorwatch.recording.segments import hash_of, read_entries


class Damage(StrEnum):
    """What became of a file."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    ALTERED = "altered"


@dataclass(frozen=True, slots=True)
class Listed:
    """A segment as it is listed: its file's name below the recordings, its bytes, and its hash where that is known."""

    segment_id: str
    name: str
    bytes: int
    sha256: str | None = None


def damage_of(recordings: Path, listed: Listed) -> Damage | None:
    """What is wrong with the file of a segment; None when it is what was recorded. Raises OSError."""
    path = recordings / listed.name
    if not path.resolve().is_relative_to(recordings.resolve()):
        return Damage.MISSING
    try:
        size = path.stat().st_size
        if size < listed.bytes:
            return Damage.TRUNCATED
        sound = size == listed.bytes and (listed.sha256 is None or hash_of(path) == listed.sha256)
    except (FileNotFoundError, NotADirectoryError):
        return Damage.MISSING
    return None if sound and read_entries(path) else Damage.ALTERED


def damages(recordings: Path, listed: Iterable[Listed]) -> dict[str, str]:
    """Of all that are damaged, by the segment's id, what became of them. Raises OSError."""
    found = ((one.segment_id, damage_of(recordings, one)) for one in listed)
    return {segment_id: damage.value for segment_id, damage in found if damage is not None}
