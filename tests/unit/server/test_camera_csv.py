"""Lists of cameras as tables: patched by id or name, told row by row, and nothing is lost on the way back."""

import csv
import io

import pytest

from doorwatch.domain.camera_address import masked, unmasked
from doorwatch.server.camera_csv import EXPORTED, MOST_ROWS, CameraListError, as_row, plan
from doorwatch.store.cameras import Camera

GATE = Camera("c1", "Gate", "rtsp://viewer:old@10.0.0.8/s2", groups=("North",), labels=("outdoors",))
HALL = Camera("c2", "Hall", "rtsp://10.0.0.9/s2", enabled=False, settings={"blur_people": True, "record": False})

DOCK = Camera(
    "c3",
    "Dock",
    "rtsp://u:old@10.0.0.7/s2",
    main_url="rtsp://u:old@10.0.0.7/s1",
    settings={"recording": {"mode": "event", "pre_roll": 12.25, "on_motion": False, "event_days": 0.5}},
)


def planned(text, there=(GATE, HALL)):
    return plan(text, there, unmasked)


def changed(text):
    """The one camera that the text changes, and in what."""
    made = planned(text)
    assert (made.added, made.faults, len(made.changed)) == ([], [], 1), made
    return made.changed[0]


def fault(text):
    made = planned(text)
    assert (made.added, made.changed) == ([], [])
    return made.faults[0]


def test_a_new_name_is_a_new_camera():
    made = planned("name,url,groups\nDock,rtsp://10.0.0.7/s2,North; Yard\n")
    (camera,) = made.added
    assert (camera.name, camera.url, camera.groups, camera.enabled) == (
        "Dock",
        "rtsp://10.0.0.7/s2",
        ("North", "Yard"),
        True,
    )


def test_what_is_absent_stays_and_what_is_blank_is_cleared():
    camera, fields = changed("name,groups\ngate,\n")
    assert fields == ("name", "groups")
    assert (camera.url, camera.groups, camera.labels) == (GATE.url, (), ("outdoors",))
    camera, fields = changed("camera_id,name,blur_people\nc2,Hall,\n")
    assert (fields, camera.settings) == (("blur_people",), {"blur_people": False, "record": False})


def test_recording_has_columns_of_which_each_changes_its_own_key_alone():
    camera, fields = changed('name,recording_mode,recording_days,recording_gigabytes\nGate,Event,"2,5",200\n')
    assert fields == ("recording_mode", "recording_days", "recording_gigabytes")
    told = camera.settings["recording"]
    assert (told["mode"], told["days"], told["gigabytes"], told["pre_roll"]) == ("event", 2.5, 200, 10)
    again = planned("name,recording_days,recording_pre_roll\nGate,,\n", (camera,))
    ((cleared, what),) = again.changed
    assert what == ("recording_days",)
    assert cleared.settings["recording"] == told | {"days": None}
    # One that nobody ever recorded otherwise says so, and a row that says what is so already changes nothing.
    assert planned("name,recording_mode,recording_on_motion\nGate,continuous,\n").unchanged == 1
    assert planned("name,recording_mode\nHall,off\n").unchanged == 1
    assert changed("name,recording_mode\nHall,\n")[1] == ("recording_mode",)


def test_an_id_renames_and_a_masked_password_is_kept():
    camera, fields = changed("camera_id,name,url\nc1,North gate,rtsp://viewer:***@10.0.0.80/s2\n")
    assert (fields, camera.url) == (("name", "url"), "rtsp://viewer:old@10.0.0.80/s2")


def test_user_and_password_have_columns_of_their_own():
    camera, _ = changed("name,password\nGate,p@ss/word\n")
    assert camera.url == "rtsp://viewer:p%40ss%2Fword@10.0.0.8/s2"
    camera, _ = changed("name,user,password\nGate,,\n")
    assert camera.url == "rtsp://10.0.0.8/s2"


def test_a_main_stream_has_a_column_and_takes_the_row_s_user_and_password():
    camera, fields = changed("name,main_url\nGate,rtsp://viewer:***@10.0.0.8/s1\n")
    assert (fields, camera.main_url, camera.url) == (("main_url",), "rtsp://viewer:old@10.0.0.8/s1", GATE.url)
    made = planned("name,url,main_url,user,password\nYard,rtsp://10.0.0.6/s2,rtsp://10.0.0.6/s1,viewer,new\n")
    (yard,) = made.added
    assert (yard.url, yard.main_url) == ("rtsp://viewer:new@10.0.0.6/s2", "rtsp://viewer:new@10.0.0.6/s1")
    assert planned("name,groups\nDock,\n", (DOCK,)).unchanged == 1
    ((cleared, what),) = planned("name,main_url\nDock,\n", (DOCK,)).changed
    assert (what, cleared.main_url) == (("main_url",), None)
    assert fault("name,main_url\nGate,nowhere\n").field == "main_url"


def test_the_exported_table_comes_back_without_a_change():
    text = io.StringIO(newline="")
    csv.writer(text).writerows([EXPORTED, *(as_row(one, masked) for one in (GATE, HALL, DOCK))])
    assert "old" not in text.getvalue()
    made = planned("\ufeff" + text.getvalue(), (GATE, HALL, DOCK))
    assert (made.added, made.changed, made.faults, made.unchanged) == ([], [], [], 3)


@pytest.mark.parametrize(
    "line", ["name;url\nDock;rtsp://h/1\n", "Name\tURL\nDock\trtsp://h/1\n", 'name,url\r\n"Dock",rtsp://h/1\r\n\r\n']
)
def test_tables_of_spreadsheets_of_all_kinds_are_read(line):
    assert [camera.name for camera in planned(line).added] == ["Dock"]


@pytest.mark.parametrize(
    ("row", "where", "said"),
    [
        ("name,url\n,rtsp://h/1", "name", "needs a name"),
        ("name\nDock", "url", "needs the address"),
        ("name,url\nDock,http://h/1", "url", "must begin with rtsp"),
        ("name,url\nDock,rtsp://h/a b", "url", "no blanks"),
        ("name,url\nDock,rtsp://[h/1", "url", "can't be read"),
        ("name,url,password\nDock,rtsp://h/1,secret", "user", "needs a user"),
        ("name,enabled\nGate,perhaps", "enabled", "neither yes nor no"),
        ("camera_id,name\nc9,Gate", "camera_id", "no camera with this id"),
        ("camera_id,name\nc1,hall", "name", "two cameras called"),
        (f"name,url\n{'n' * 201},rtsp://h/1", "name", "longer than 200"),
        (f"name,groups\nGate,{'g' * 101}", "groups", "at most 100"),
        ("name,recording_mode\nGate,sometimes", "recording_mode", "none of off, event, continuous"),
        ("name,recording_stream\nGate,both", "recording_stream", "none of main, counted"),
        ("name,recording_pre_roll\nGate,61", "recording_pre_roll", "from 0 to 60"),
        ("name,recording_post_roll\nGate,0", "recording_post_roll", "from 1 to 600"),
        ("name,recording_on_motion\nGate,maybe", "recording_on_motion", "neither yes nor no"),
        ("name,recording_days\nGate,a week", "recording_days", "no number"),
        ("name,recording_event_days\nGate,nan", "recording_event_days", "out of range"),
        ("name,recording_gigabytes\nGate,-1", "recording_gigabytes", "out of range"),
    ],
)
def test_a_row_that_cannot_be_taken_is_told_with_field_and_cure(row, where, said):
    found = fault(row + "\n")
    assert (found.row, found.field) == (2, where)
    assert said in found.error


def test_good_rows_are_taken_beside_bad_ones_and_a_name_is_taken_once():
    made = planned("name,url\nDock,rtsp://h/1\n\nDOCK,rtsp://h/2\nYard,nowhere\nShop,rtsp://h/3\n")
    assert [camera.name for camera in made.added] == ["Dock", "Shop"]
    assert [(one.row, one.field) for one in made.faults] == [(4, "name"), (5, "url")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "first row must name the columns"),
        ("url\nrtsp://h/1\n", "one of them must be name"),
        ("name,colour\nGate,red\n", "'colour' is not known"),
        ("name,url,url\n", "named twice"),
        ('name,url\nGate,"rtsp\n', "no table"),
        ("name\n" + "x\n" * (MOST_ROWS + 1), "more than 10000 rows"),
    ],
)
def test_a_file_that_is_no_list_is_refused(text, said):
    with pytest.raises(CameraListError, match=said):
        planned(text)


def test_a_cell_that_was_kept_from_being_calculated_is_read_as_it_was():
    assert [camera.name for camera in planned("name,url\n'=Gate 1,rtsp://h/1\n").added] == ["=Gate 1"]
