import pytest

from doorwatch.domain.time import SECOND, from_iso, to_iso
from doorwatch.simulators.genetec.building import SYSTEM_CONFIGURATION
from doorwatch.simulators.genetec.queries import (
    RefusedError,
    door_activity,
    find_entity,
    list_entities,
    parse_filters,
    project,
    split_terms,
    subscription_terms,
)
from doorwatch.simulators.genetec.settings import changed


def _range(start, end):
    return f"TimeRange.SetTimeRange({to_iso(start)[:-1]},{to_iso(end)[:-1]})"


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("A=1,B=2", ["A=1", "B=2"]),
        ("event(Door,X),event(Door, Y)", ["event(Door,X)", "event(Door, Y)"]),
        (r"Name=a\,b,Page=1", ["Name=a,b", "Page=1"]),
        ("Name={a,b},Page=1", ["Name={a,b}", "Page=1"]),
        ("", []),
    ],
)
def test_terms_are_split_at_commas_outside_of_brackets(query, terms):
    assert split_terms(query) == terms


def test_filters_set_add_and_call():
    filters = parse_filters("EntityTypes@Door@Camera,Page=2,TimeRange.SetTimeRange(a,b)")
    assert filters.lists == {"entitytypes": ["Door", "Camera"]}
    assert filters.values == {"page": "2"}
    assert filters.calls == {"timerange.settimerange": ["a", "b"]}
    with pytest.raises(RefusedError, match="Could not parse"):
        parse_filters("nonsense")


def test_entities_are_found_by_guid_and_by_logical_id(role):
    door = role.building.door("Loading dock")
    assert find_entity(role, door.guid) is door
    assert find_entity(role, "LogicalID(door, 2)") is door
    for wrong in ("LogicalId(Door,9)", "Loading dock", SYSTEM_CONFIGURATION):
        with pytest.raises(RefusedError, match="does not exist"):
            find_entity(role, wrong)


def test_a_projection_gives_an_object_for_one_entity_and_a_list_for_several(role):
    first, second = (door.guid for door in role.building.doors())
    assert project(role, f"entity={first},guid,NAME") == {"Guid": first, "Name": "Lobby east"}
    both = project(role, f"entity={first},Name,entity={second},Name")
    assert [row["Name"] for row in both] == ["Lobby east", "Loading dock"]
    assert project(role, f"entity={first}") == {}


def test_a_projection_of_what_is_not_there_is_refused(role):
    door = role.building.door("Lobby east").guid
    with pytest.raises(RefusedError, match="Could not find property 'Nonsense'"):
        project(role, f"entity={door},Nonsense")
    with pytest.raises(RefusedError, match="Expected 'entity='"):
        project(role, "Name")


def test_associations_can_be_kept_back(role):
    reader = role.building.door("Lobby east").reader_in
    assert project(role, f"entity={reader},Cameras")["Cameras"]
    role.configure(changed(role.settings, {"associations": False}))
    with pytest.raises(RefusedError, match="Cameras"):
        project(role, f"entity={reader},Cameras")


@pytest.mark.parametrize(
    ("page", "rows", "status"), [(1, 3, "TooManyResults"), (2, 3, "TooManyResults"), (3, 1, "Ok"), (4, 0, "Ok")]
)
def test_a_page_that_is_not_the_last_has_one_row_too_many(role, page, rows, status):
    for number in range(3):
        role.building.add_door(f"Extra {number}")
    answered, found = list_entities(role, "entityconfiguration", f"EntityTypes@Door,Page={page},PageSize=2")
    assert (answered, len(found)) == (status, rows)


def test_lists_are_filtered_by_name(role):
    def names(query):
        _, rows = list_entities(role, "entityconfiguration", query)
        return [role.building.get(row["Guid"]).name for row in rows]

    assert names("EntityTypes@Door@Camera") == ["Lobby east", "Loading dock", "Lobby camera"]
    assert names("EntityTypes@Door,Name=loading dock") == ["Loading dock"]
    assert names("EntityTypes@Door,Name=lo,NameSearchMode=Contains") == ["Lobby east", "Loading dock"]
    assert list_entities(role, "cardholderconfiguration", "Page=1,PageSize=5")[1]


def test_partitions_and_privileges_hide_entities(role):
    role.configure(changed(role.settings, {"sees_doors": False, "sees_cardholders": False}))
    for kind in ("Door", "AccessPoint", "Cardholder"):
        assert list_entities(role, "entityconfiguration", f"EntityTypes@{kind}")[1] == []


def test_a_list_without_a_filter_or_with_an_unknown_one_is_refused(role):
    with pytest.raises(RefusedError, match="At least one filter"):
        list_entities(role, "entityconfiguration", "")
    with pytest.raises(RefusedError, match="'Nonsense'"):
        list_entities(role, "entityconfiguration", "Nonsense=1")
    with pytest.raises(RefusedError, match="Could not convert"):
        list_entities(role, "entityconfiguration", "EntityTypes@Door,PageSize=none")


def test_activity_tells_numbers_the_door_and_the_reader(role, clock):
    role.raise_event("AccessGranted", "Lobby east", cardholder="Ana Petrova")
    status, rows = door_activity(role, _range(clock.now() - SECOND, clock.now()))
    door = role.building.door("Lobby east")
    assert status == "Ok"
    assert rows[0]["EventType"] == 35
    assert rows[0]["AccessPointGroupGuid"] == door.guid
    assert rows[0]["APGuid"] == rows[0]["SourceGuid"] == door.reader_in
    assert rows[0]["CardholderGuid"] == role.building.cardholder("Ana Petrova").guid


def test_both_ends_of_the_time_range_belong_to_it(role, clock):
    now = clock.now()
    for offset in (-1, 0, 1, 2):
        role.raise_event("DoorOpen", "Lobby east", at=now + offset)
    _, rows = door_activity(role, _range(now, now + 1))
    assert len(rows) == 2


def test_activity_is_filtered_by_doors_and_events(role, clock):
    role.raise_event("DoorOpen", "Lobby east")
    role.raise_event("DoorClose", "Loading dock")
    span, dock = _range(clock.now(), clock.now()), role.building.door("Loading dock").guid

    def types(extra):
        return [row["EventType"] for row in door_activity(role, span + extra)[1]]

    assert types("") == types(f",Doors@{SYSTEM_CONFIGURATION}") == [27, 28]
    assert types(f",Doors@{dock}") == [28]
    assert types(",Events@DoorOpen@DoorClose") == [27, 28]
    assert types(",Events@27") == [27]


def test_more_rows_than_the_limit_are_cut_and_said_so(role, clock):
    for number in range(4):
        role.raise_event("DoorOpen", "Lobby east", at=clock.now() + number)
    span = _range(clock.now(), clock.now() + 9)
    status, rows = door_activity(role, span + ",MaximumResultCount=2")
    assert (status, len(rows)) == ("TooManyResults", 2)
    role.configure(changed(role.settings, {"report_limit": 3}))
    assert door_activity(role, span + ",MaximumResultCount=100")[0] == "TooManyResults"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("Doors@00000000-0000-0000-0000-000000000007", "needs a time range"),
        ("TimeRange.SetTimeRange(yesterday,today)", "Could not convert the time range"),
        ("TimeRange.SetTimeRange(2025-01-02T00:00:00,2025-01-01T00:00:00)", "before its start"),
        ("TimeRange.SetTimeRange(2025-01-01T00:00:00,2025-01-02T00:00:00),Page=1", "'Page' from filter"),
        (
            "TimeRange.SetTimeRange(2025-01-01T00:00:00,2025-01-02T00:00:00),Events@AccessDenied",
            "'AccessDenied' was not",
        ),
    ],
)
def test_activity_refuses_what_the_real_one_refuses(role, query, why):
    with pytest.raises(RefusedError, match=why):
        door_activity(role, query)


def test_rows_reach_the_report_late_where_the_settings_say_so(role, clock):
    role.configure(changed(role.settings, {"report_delay": 30.0}))
    role.raise_event("DoorOpen", "Lobby east")
    span = _range(clock.now(), clock.now())
    assert door_activity(role, span)[1] == []
    clock.advance(30)
    assert len(door_activity(role, span)[1]) == 1


def test_rows_come_in_the_order_of_the_settings_unless_the_query_says_one(role, clock):
    for number in range(20):
        role.raise_event("DoorOpen", "Lobby east", at=clock.now() + number)
    span = _range(clock.now(), clock.now() + 99)

    def order(**settings):
        role.configure(changed(role.settings, settings))
        return [row["Timestamp"] for row in door_activity(role, span)[1]]

    ascending = order(report_order="ascending")
    assert order(report_order="descending") == ascending[::-1]
    shuffled = order(report_order="shuffled")
    assert shuffled != ascending
    assert sorted(shuffled, key=from_iso) == ascending
    rows = door_activity(role, span + ",SortOrder=Ascending")[1]
    assert [row["Timestamp"] for row in rows] == ascending
    role.configure(changed(role.settings, {"accepts_sort_order": False}))
    with pytest.raises(RefusedError, match="SortOrder"):
        door_activity(role, span + ",SortOrder=Ascending")


def test_subscriptions_name_a_kind_or_an_entity(role):
    door = role.building.door("Lobby east")
    terms = subscription_terms(
        role, f"event(Door,accessgranted), event({door.guid}, DoorOpen),event(LogicalId(Door,1),28)"
    )
    assert terms == [("AccessGranted", "door", None), ("DoorOpen", None, door), ("DoorClose", None, door)]


@pytest.mark.parametrize("query", ["", "AccessGranted", "event(Door)", "event(Door,AccessDenied)"])
def test_a_subscription_that_cannot_be_meant_is_refused(role, query):
    with pytest.raises(RefusedError):
        subscription_terms(role, query)


def test_types_of_a_newer_version_can_be_made_unknown(role):
    role.configure(changed(role.settings, {"unknown_event_types": ["DoorEntryDetected"]}))
    with pytest.raises(RefusedError, match="DoorEntryDetected"):
        subscription_terms(role, "event(Door,DoorEntryDetected)")
