"""What an access event's type means to the rule, however it is spelled."""

import pytest

from doorwatch.domain.access import AccessEvent, Direction, Meaning, canonical_type, meaning_of, types_meaning


@pytest.mark.parametrize("spelling", ["Entry Unlocked", "entry.unlocked", "entry_unlocked", "EntryUnlocked"])
def test_case_and_separators_of_a_type_make_no_difference(spelling):
    assert canonical_type(spelling) == "entryunlocked"
    assert meaning_of(spelling) is Meaning.GRANT


@pytest.mark.parametrize(
    ("event_type", "meaning"),
    [
        ("AccessGranted", Meaning.GRANT),
        ("DoorUnlock", None),
        ("DoorRexOn", None),
        ("DoorForcedOpen", Meaning.OPENED),
        ("DoorSecured", Meaning.LOCKED),
        ("AccessAntipassbackViolation", Meaning.REFUSAL),
        ("Interlock", Meaning.REFUSAL),
        ("DoorEntryAssumed", Meaning.ENTRY_SENSED),
        ("", None),
    ],
)
def test_types_mean_what_the_table_says(event_type, meaning):
    assert AccessEvent("e", "d", 0, event_type).meaning is meaning


@pytest.mark.parametrize("meaning", list(Meaning))
def test_every_meaning_has_types_and_each_of_them_that_meaning(meaning):
    assert types_meaning(meaning)
    assert all(meaning_of(event_type) is meaning for event_type in types_meaning(meaning))


def test_directions_have_opposites():
    assert Direction.IN.opposite is Direction.OUT
    assert Direction.OUT.opposite is Direction.IN
