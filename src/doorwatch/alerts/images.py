"""Pictures that posts of callbacks lead to: which are wanted is written with the post, links are made when it is sent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doorwatch.domain.time import SECOND, Micros, to_iso

WANTED = "pictures"
"""Under this name a post that waits keeps which pictures it is to lead to; what is sent has `images` instead."""

_WAIT = 5 * SECOND
_WAIT_OF_INCIDENTS = 15 * SECOND


@dataclass(frozen=True, slots=True)
class Image:
    """A picture as a JPEG of so many bytes, and where it is fetched `until` then."""

    size: int
    url: str
    until: Micros


FindImages = Callable[[str, str, Sequence[str]], Awaitable[Mapping[str, Image]]]
"""Of an account, for one of its callbacks: the pictures that there are of these moments, by moment."""


async def none_found(_account: str, _callback_id: str, _moment_ids: Sequence[str]) -> Mapping[str, Image]:
    """Where there are no pictures at all."""
    return {}


def wanted(moment_id: str, at: Micros, camera: str | None) -> dict[str, Any]:
    """What a post keeps of one picture: the moment that it shows, and the name of the camera that saw it."""
    return {"moment_id": moment_id, "timestamp": to_iso(at), "camera": camera}


def worth_waiting(asked: Sequence[Mapping[str, Any]], found: Mapping[str, Image], age: Micros) -> bool:
    """Whether a post that is so old waits for what is not there yet: an analyzer needs seconds to cut a picture out."""
    missing = [one["moment_id"] for one in asked if one["moment_id"] not in found]
    patience = _WAIT_OF_INCIDENTS if any(one.startswith("incident:") for one in missing) else _WAIT
    return bool(missing) and age < patience


def images_of(asked: Sequence[Mapping[str, Any]], found: Mapping[str, Image]) -> list[dict[str, Any]]:
    """What is posted of the pictures that there are."""
    return [
        {
            "type": "image/jpeg",
            "size": image.size,
            "timestamp": one["timestamp"],
            "camera": one["camera"],
            "moment_id": one["moment_id"],
            "url": image.url,
            "expires_at": to_iso(image.until),
        }
        for one in asked
        if (image := found.get(one["moment_id"])) is not None
    ]
