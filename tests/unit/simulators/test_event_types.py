import pytest

from doorwatch.domain.access import Meaning, types_meaning
from doorwatch.simulators.genetec.event_types import NAMES, NUMBERS, door_types, happens_at_a_reader, known_type


@pytest.mark.parametrize(
    ("name", "number"), [("AccessGranted", 35), ("DoorOpen", 27), ("DoorManuallyUnlocked", 853), ("Interlock", 2556)]
)
def test_published_numbers_and_names_are_each_others(name, number):
    assert NUMBERS[name] == number
    assert NAMES[number] == name
    assert known_type(str(number)) == name


def test_names_are_known_in_any_case_and_unknown_ones_are_not():
    assert known_type("accessgranted") == "AccessGranted"
    assert known_type("AccessDenied") is None
    assert known_type("99999") is None


def test_a_reader_raises_access_decisions_and_the_door_its_own_state():
    assert happens_at_a_reader("AccessRefused")
    assert not happens_at_a_reader("DoorOpen")


def test_every_refusal_that_the_rule_reads_exists_here_but_the_one_that_only_other_systems_have():
    missing = {name for name in types_meaning(Meaning.REFUSAL) if known_type(name) is None}
    assert missing == {"AccessDenied"}


def test_a_door_supports_its_newer_types_too():
    assert {"DoorSecured", "DoorOpen", "AccessGranted"} <= set(door_types())
