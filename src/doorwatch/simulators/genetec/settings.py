"""How a simulated Web SDK behaves: every point in which real systems differ, or may, is a setting here.

All of them can be changed while it runs, so that a client meets the change.
"""

from typing import Any, Literal

import msgspec

from doorwatch.domain.errors import DoorwatchError


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The switches of a simulated Web-based SDK role. Times are in seconds, probabilities from 0 to 1."""

    # How it is reached
    base_uri: str = "WebSdk"
    byte_order_mark: bool = True
    redirect_events: Literal["off", "307", "302"] = "off"
    redirect_to: str | None = None
    """Another address than the streaming port, to see what a client does with a foreign host."""

    # Who is let in
    refuse_with: Literal[401, 403] = 403
    licensed: bool = True
    may_log_on: bool = True
    connections: int = 10
    sees_doors: bool = True
    sees_cardholders: bool = True
    may_report: bool = True

    # Sessions
    session_idle: float = 300.0
    session_open_delay: float = 0.0
    stream_keeps_session: bool = True
    """Off is the strict mode: only requests keep a session."""
    session_end: Literal["silent", "close"] = "silent"
    """What becomes of an open stream when its session ends."""

    # The stream
    keep_alive: float = 10.0
    connection_id: Literal["part", "bare"] = "part"
    stream_byte_order_mark: bool = False
    fragments: bool = False
    """Break what is written at random places, each piece a chunk of its own."""
    event_type_as: Literal["name", "number"] = "name"
    event_source: Literal["door", "access_point"] = "door"
    event_fields: Literal["minimal", "flat", "nested"] = "flat"
    references_as: Literal["guid", "object"] = "guid"
    cardholder_on_stream: bool = True
    digits: int | None = None
    """Decimals of a stream's timestamps, 0 to 7; None is as the real one does it: no trailing zeros."""
    wildcard_follows_new_doors: bool = False
    unknown_event_types: list[str] = []
    """Event types that this system's version does not know: subscribing to them fails."""

    # Reports
    associations: bool = True
    """Whether doors tell their sides and readers their cameras."""
    report_delay: float = 0.0
    report_limit: int = 10_000
    report_digits: int | None = None
    report_type_as: Literal["number", "name"] = "number"
    report_order: Literal["ascending", "descending", "shuffled"] = "ascending"
    accepts_sort_order: bool = True
    accepts_event_filter: bool = True
    """Whether the activity report may be narrowed to event types."""
    accepts_pages: bool = True
    """Whether lists of entities may be asked for page by page."""
    lists_subscriptions: bool = True
    """Off: `events/subscribed` is refused."""

    # Disorder, decided by the seed for every event
    duplicate: float = 0.0
    late: float = 0.0
    late_by: float = 2.0
    """A late event comes up to so many seconds after its time, so it overtakes none and is overtaken."""


def changed(settings: Settings, changes: dict[str, Any]) -> Settings:
    """The settings with some of them changed. Raises DoorwatchError naming the setting that is wrong."""
    try:
        made = msgspec.convert({**msgspec.to_builtins(settings), **changes}, Settings)
    except msgspec.ValidationError as error:
        raise DoorwatchError(f"A setting of the simulator is wrong: {error}.") from None
    for name in ("digits", "report_digits"):
        value = getattr(made, name)
        if value is not None and not 0 <= value <= 7:
            raise DoorwatchError(f"The simulator's setting {name} is {value}: it takes 0 to 7, or nothing.")
    for name in ("duplicate", "late"):
        if not 0 <= getattr(made, name) <= 1:
            raise DoorwatchError(f"The simulator's setting {name} is a probability: it takes 0 to 1.")
    return made
