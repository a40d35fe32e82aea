import pytest

from doorwatch.domain.errors import DoorwatchError
from doorwatch.simulators.genetec.building import Building, guid_for, normalised_guid


def test_a_named_door_has_the_same_guid_in_every_run():
    assert Building().add_door("Lobby east").guid == Building().add_door("Lobby east").guid
    assert guid_for("Door", "Lobby east") == "1643a65e-3240-5d30-92e2-a22e6dac6358"


def test_cameras_have_guids_of_the_shape_that_real_ones_have():
    assert guid_for("Camera", "Lobby").startswith("00000001-0000-babe-")


@pytest.mark.parametrize(
    "text",
    [
        "1643a65e-3240-5d30-92e2-a22e6dac6358",
        "1643A65E32405D3092E2A22E6DAC6358",
        "{1643a65e-3240-5d30-92e2-a22e6dac6358}",
    ],
)
def test_a_guid_may_be_written_in_several_ways(text):
    assert normalised_guid(text) == "1643a65e-3240-5d30-92e2-a22e6dac6358"


def test_what_is_no_guid_is_none():
    assert normalised_guid("Lobby east") is None


def test_adding_a_name_again_gives_what_is_there():
    building = Building()
    assert building.add_door("A") is building.add_door("A")
    assert building.add_cardholder("P Q") is building.add_cardholder("P Q")
    assert building.add_camera("C") is building.add_camera("C")


def test_a_door_has_a_reader_and_cameras_on_each_side():
    building = Building()
    door = building.add_door("A", cameras=["inner"], cameras_out=["outer"])
    inner, outer = building.get(door.reader_in), building.get(door.reader_out)
    assert inner.properties["Cameras"] == [guid_for("Camera", "inner")]
    assert outer.properties["Cameras"] == [guid_for("Camera", "outer")]
    assert inner.properties["AccessPointSide"] == "In"


def test_removing_a_door_takes_its_readers_and_controller_along():
    building = Building()
    door = building.add_door("A")
    building.remove(door)
    assert len(building) == 0
    assert building.of_kind("AccessPoint") == []


def test_a_given_guid_is_kept_and_a_wrong_or_taken_one_is_told():
    building = Building()
    given = "aaaaaaaa-0000-0000-0000-000000000001"
    assert building.add_door("A", guid=given.upper()).guid == given
    with pytest.raises(DoorwatchError, match="Two entities"):
        building.add_camera("B", given)
    with pytest.raises(DoorwatchError, match="32 hexadecimal digits"):
        building.add_camera("C", "nonsense")


def test_what_is_not_there_is_told_with_what_is():
    building = Building()
    building.add_door("Lobby east")
    with pytest.raises(DoorwatchError, match=r"no door 'Lobby'.*Lobby east"):
        building.door("Lobby")
    with pytest.raises(DoorwatchError, match="has: none"):
        building.cardholder("Nobody")


def test_first_and_last_name_come_from_the_name_unless_given():
    person = Building().add_cardholder("Mary Ann Lee")
    assert (person.properties["FirstName"], person.properties["LastName"]) == ("Mary Ann", "Lee")
