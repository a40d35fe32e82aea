"""How a Security Center is reached and listened to."""

from dataclasses import dataclass
from pathlib import Path

from doorwatch.domain.access import Meaning, types_meaning

DEFAULT_TYPES: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            "DoorOpenedForTooLong",
            "DoorOpen",
            "DoorManuallyUnlocked",
            "DoorUnlock",
            "DoorOpenWhileLockSecure",
            "DoorScheduledUnlock",
            "AccessGranted",
            "DoorClose",
            "DoorLock",
            "DoorScheduledLock",
            "DoorSecured",
            "DoorRexOn",
            *(name for name in types_meaning(Meaning.REFUSAL) if name != "AccessDenied"),
            "DoorEntryDetected",
            "DoorEntryAssumed",
            "DoorNoEntryDetected",
            "DoorEntryDetectedAccessGrantedNoEntry",
        )
    )
)
"""The event types that are asked for when the configuration names none: what the rule and its readers can use."""


@dataclass(frozen=True, slots=True)
class GenetecSettings:
    """One Web-based SDK role and the user for it. Lengths of time are seconds; None lets the driver choose."""

    host: str
    username: str
    password: str
    app_id: str
    port: int = 4590
    streaming_port: int | None = None
    base_uri: str = "WebSdk"
    tls: bool = False
    verify_tls: bool = True
    ca_file: Path | None = None
    fingerprint: str | None = None
    types: tuple[str, ...] = DEFAULT_TYPES
    stream_idle: float | None = None
    verify_every: float = 60.0
    parallel_pages: int = 10
    timeout: float = 30.0

    @property
    def base_url(self) -> str:
        """Where all commands lie, ending in a slash."""
        return self._address(self.port)

    @property
    def stream_url(self) -> str:
        """Where the event stream is opened."""
        return self._address(self.streaming_port or self.port) + "events"

    def _address(self, port: int) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{port}/{self.base_uri.strip('/')}/"

    @property
    def user_id(self) -> str:
        """The user part of HTTP Basic."""
        return f"{self.username};{self.app_id}"
