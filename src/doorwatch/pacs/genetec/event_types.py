"""Security Center's event types by number: reports give numbers where the stream gives names."""

from math import isfinite
from typing import Any

_TABLE = """
10 CardholderAccessGranted 11 CardholderAccessRefused 16 UnitConnected 17 UnitDisconnected 18 UnitACFail 19 UnitBatFail
22 DoorRexOn 23 DoorRexOff 24 DoorOpenedForTooLong 25 DoorPullStationActivated 26 DoorPullStationNormal 27 DoorOpen
28 DoorClose 29 DoorForcedOpen 30 DoorLock 31 DoorUnlock 32 DoorOpenWhileLockSecure 33 AccessUnknownCredential
34 AccessUnassignedCredential 35 AccessGranted 36 AccessRefused 37 AccessExpiredCredential 38 AccessStolenCredential
39 AccessLostCredential 40 AccessInactiveCredential 41 AccessInactivePerson 42 DoorTamper 848 DoorMaintenanceOff
849 DoorMaintenanceOn 850 DoorScheduledLock 851 DoorScheduledUnlock 852 DoorWarningUnitOffline 853 DoorManuallyUnlocked
854 DoorDoubleBadgeOn 855 DoorDoubleBadgeOff 1104 FloorAccess 2448 DoorNoEntryDetected 2467 MissingTailEscort
2480 DoorEntryDetected 2481 DoorEntryDetectedAccessGrantedNoEntry 2482 DoorEntryGrantedDespiteAPBViolation
2496 DoorEntryAssumed 2544 AccessInvalidPin 2545 AccessValidCardInvalidPin 2546 AccessDeniedByAccessRule
2547 AccessInsufficientPrivileges 2548 AccessAntipassbackViolation 2549 AccessOutOfSchedule
2550 AccessNoAccessRuleAssigned 2551 AccessAbsentSupervisor 2552 AccessEscortRequired
2553 AccessSecondCardholderRequired 2554 AccessEscortNotSupported 2555 CompanionVisitorDenied 2556 Interlock
2557 AccessCardAndPINTimeout 2558 AccessValidCardInactivePIN 2559 AccessDeniedByMaxOccupancy
3355 DoorWarningInterfaceBatteryFail 3356 DoorWarninInterfaceAcFail 3357 DoorWarningInterfaceTamperRestored
3358 DoorWarningInterfaceBatteryFailRestored 3359 DoorWarningInterfaceAcFailRestored 3617 DoorScheduledUnlockIgnored
3618 DoorWarningInterfaceTamper
"""
_words = _TABLE.split()
NAMES: dict[int, str] = {int(number): name for number, name in zip(_words[::2], _words[1::2], strict=True)}
PUBLISHED = frozenset(NAMES.values())


def plain_type(told: Any) -> str | int | float | None:
    """An event type as a name or a number, also out of an object that has one; None for what is none."""
    if isinstance(told, dict):
        fields = {key.lower(): value for key, value in told.items()}
        told = fields.get("name") or fields.get("value") or fields.get("id")
    if isinstance(told, bool) or (isinstance(told, float) and not isfinite(told)):
        return None
    return told if isinstance(told, str | int | float) else None


def type_name(told: Any) -> str | None:
    """The name of an event type told in any of its forms; a number nobody published stays a number."""
    value = plain_type(told)
    if value is None:
        return None
    if isinstance(value, int | float):
        return NAMES.get(int(value), str(int(value)))
    text = value.strip()
    return (NAMES.get(int(text), text) if text.isdecimal() else text) or None
