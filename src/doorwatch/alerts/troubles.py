"""What can be wrong with the system and at doors, how long it has to last before it is told, and in which words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from doorwatch.domain.time import MINUTE, SECOND, Micros


class Trouble(StrEnum):
    """What can be wrong."""

    CAMERA_OFFLINE = "camera_offline"
    GATEWAY_SILENT = "gateway_silent"
    SPOOL_FILLING = "spool_filling"
    DISK_FILLING = "disk_filling"
    RECORDING_STOPPED = "recording_stopped"
    FOOTAGE_DAMAGED = "footage_damaged"
    CERTIFICATE_EXPIRING = "certificate_expiring"
    DOOR_FORCED = "door_forced"
    DOOR_HELD = "door_held"
    FIRE_RELEASE = "fire_release"


@dataclass(frozen=True, slots=True)
class Telling:
    """How a trouble is told: `lasting` is how long it has to last before it is."""

    begun: str
    over: str
    lasting: Micros = 0


TELLINGS: Mapping[Trouble, Telling] = {
    Trouble.CAMERA_OFFLINE: Telling("Camera {} is away", "Camera {} is back", 2 * MINUTE),
    Trouble.GATEWAY_SILENT: Telling("The gateway of {} is silent", "The gateway of {} is heard again", MINUTE),
    Trouble.SPOOL_FILLING: Telling("The spool of {} is filling", "The spool of {} has emptied", MINUTE),
    Trouble.DISK_FILLING: Telling("The disk of {} is nearly full", "The disk of {} has room again", 30 * SECOND),
    Trouble.RECORDING_STOPPED: Telling("{} is not recorded", "{} is recorded again", 30 * SECOND),
    Trouble.FOOTAGE_DAMAGED: Telling("Recordings of {} are damaged", "No more damage was found in recordings of {}"),
    Trouble.CERTIFICATE_EXPIRING: Telling("The certificate of {} ends soon", "The certificate of {} was renewed"),
    Trouble.DOOR_FORCED: Telling("{} was forced open", "{} is closed again"),
    Trouble.DOOR_HELD: Telling("{} is held open", "{} is closed again"),
    Trouble.FIRE_RELEASE: Telling("A fire release is on at {}", "The fire release at {} is over"),
}
