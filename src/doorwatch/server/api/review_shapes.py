"""What the browser's API says to those who review incidents and answer for the figures."""

from pydantic import Field

from doorwatch.server.api.place_shapes import NamedDoor
from doorwatch.server.api.shapes import Answer, Time


class IncidentCounts(Answer):
    """How many incidents there are by kind and by state; kinds and states that do not occur are left out."""

    total: int
    kinds: dict[str, int]
    states: dict[str, int]
    explained: int = Field(description="Incidents that a later event accounts for; not in `total`")
    not_observable: int = Field(description="Grants of the last seven days that no camera saw to their end")


class DoorWeek(Answer):
    """What became of one door's incidents in one week."""

    door: NamedDoor
    week: str = Field(description="The Monday with which it begins in the site's zone, as YYYY-MM-DD")
    begins: Time
    ends: Time
    grants: int
    entries_in: int
    entries_out: int
    incidents: dict[str, int]
    confirmed: int
    dismissed: int
    waiting: int = Field(description="Incidents that nobody has reviewed")
    explained: int = Field(description="Incidents that a later event accounts for; not in `incidents`")
    not_observable: int = Field(description="Grants that no camera saw to their end")
    false_alarms_of_reviewed: float | None = Field(description="Dismissed incidents as a share of the reviewed, 0 to 1")
    false_alarms_per_1000_grants: float | None
