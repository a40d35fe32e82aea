"""Holds of evidence as the API tells them."""

from pydantic import Field

from doorwatch.domain.time import Micros, to_iso
from doorwatch.server.api.shapes import Answer, Time
from doorwatch.store.holds import Hold


class HoldShape(Answer):
    """Evidence of an incident that is kept whatever happens, until its end or until somebody ended it."""

    hold_id: str
    incident_id: str
    reason: str
    placed_by: str
    placed_at: Time
    until: Time | None = Field(description="When it ends by itself; null when somebody has to end it")
    released_by: str | None
    released_at: Time | None


def hold_shape(hold: Hold) -> HoldShape:
    """A hold as it is told."""
    return HoldShape(
        hold_id=hold.hold_id,
        incident_id=hold.incident_id,
        reason=hold.reason,
        placed_by=hold.placed_by,
        placed_at=to_iso(hold.placed_at),
        until=_iso(hold.until),
        released_by=hold.released_by,
        released_at=_iso(hold.released_at),
    )


def _iso(at: Micros | None) -> str | None:
    return None if at is None else to_iso(at)
