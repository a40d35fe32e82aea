"""The event types of Security Center that a door or an access point may raise, with their published numbers.

The stream tells types by name, the activity report by number. Names are spelled as the product spells them.
Types of newer versions have no published number: both places then carry the name.
"""

_NUMBERED = """
1 ManualAction 2 AlarmTriggered 3 AlarmAcknowledged 4 ApplicationConnected 5 ApplicationDisconnected
10 CardholderAccessGranted 11 CardholderAccessRefused 12 CardholderWalkthrough 13 CardholderInactive
14 CardholderAntipassback 15 CustomEvent 16 UnitConnected 17 UnitDisconnected 18 UnitACFail 19 UnitBatFail
22 DoorRexOn 23 DoorRexOff 24 DoorOpenedForTooLong 25 DoorPullStationActivated 26 DoorPullStationNormal
27 DoorOpen 28 DoorClose 29 DoorForcedOpen 30 DoorLock 31 DoorUnlock 32 DoorOpenWhileLockSecure
33 AccessUnknownCredential 34 AccessUnassignedCredential 35 AccessGranted 36 AccessRefused
37 AccessExpiredCredential 38 AccessStolenCredential 39 AccessLostCredential 40 AccessInactiveCredential
41 AccessInactivePerson 42 DoorTamper
848 DoorMaintenanceOff 849 DoorMaintenanceOn 850 DoorScheduledLock 851 DoorScheduledUnlock
852 DoorWarningUnitOffline 853 DoorManuallyUnlocked 854 DoorDoubleBadgeOn 855 DoorDoubleBadgeOff
866 SupervisorInAccessRuleActivated 867 SupervisorInUnlockingScheduleActivated 1104 FloorAccess
2448 DoorNoEntryDetected 2467 MissingTailEscort 2480 DoorEntryDetected 2481 DoorEntryDetectedAccessGrantedNoEntry
2482 DoorEntryGrantedDespiteAPBViolation 2496 DoorEntryAssumed
2544 AccessInvalidPin 2545 AccessValidCardInvalidPin 2546 AccessDeniedByAccessRule 2547 AccessInsufficientPrivileges
2548 AccessAntipassbackViolation 2549 AccessOutOfSchedule 2550 AccessNoAccessRuleAssigned 2551 AccessAbsentSupervisor
2552 AccessEscortRequired 2553 AccessSecondCardholderRequired 2554 AccessEscortNotSupported 2555 CompanionVisitorDenied
2556 Interlock 2557 AccessCardAndPINTimeout 2558 AccessValidCardInactivePIN 2559 AccessDeniedByMaxOccupancy
3355 DoorWarningInterfaceBatteryFail 3356 DoorWarninInterfaceAcFail 3357 DoorWarningInterfaceTamperRestored
3358 DoorWarningInterfaceBatteryFailRestored 3359 DoorWarningInterfaceAcFailRestored
3617 DoorScheduledUnlockIgnored 3618 DoorWarningInterfaceTamper
"""

_UNNUMBERED = """
DoorOnline DoorSecured DoorUnsecured EmergencyDoorRex EmergencyDoorUnlocked EmergencyDoorReset
InterfaceOnline InterfaceOffline GrantConfirmationTimeout PassageCountExceeded SinglePersonCheckFailed
"""

_words = _NUMBERED.split()
NUMBERS: dict[str, int] = dict(zip(_words[1::2], map(int, _words[::2]), strict=True))
NAMES: dict[int, str] = {number: name for name, number in NUMBERS.items()}
_BY_LOWER = {name.lower(): name for name in (*NUMBERS, *_UNNUMBERED.split())}

_READER_PREFIXES = ("Access", "CompanionVisitorDenied", "Interlock", "CardholderAccess")


def known_type(text: str) -> str | None:
    """The proper spelling of an event type given by name (any case) or number; None when there is no such type."""
    text = text.strip()
    if text.isdigit():
        return NAMES.get(int(text))
    return _BY_LOWER.get(text.lower())


def happens_at_a_reader(event_type: str) -> bool:
    """Whether this type is raised by a reader and not by the door itself."""
    return event_type.startswith(_READER_PREFIXES)


def door_types() -> list[str]:
    """Every type that a door says it supports, in the order of the numbers, those without one last."""
    return [name for name in _BY_LOWER.values() if name.startswith(("Door", "Access", "Emergency"))]
