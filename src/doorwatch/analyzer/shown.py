"""People in a picture as viewers and the log of a recording are told of them."""

from typing import Any

from doorwatch.vision.pipeline import Observation


def people_shown(seen: Observation) -> list[dict[str, Any]]:
    """Boxes, feet and tiles in pixels of the counted stream, one mapping a person."""
    return [
        {
            "track": person.track,
            "door_id": person.door,
            "box": [round(value, 1) for value in person.box[:4]],
            "foot": [round(value, 1) for value in person.foot],
            "tile": list(person.tile) if person.tile is not None else None,
        }
        for person in seen.people
    ]
