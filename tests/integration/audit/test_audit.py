"""`doorwatch audit` as people run it: files in, JSON lines out, exit codes, and what it says about bad files."""

import json
import os
import random
import re
from pathlib import Path

import msgspec
import pytest
import yaml
from typer.testing import CliRunner

from doorwatch.cli.audit import app
from doorwatch.cli.audit_files import crossing_reader, read_event, usual_crossing, usual_event
from doorwatch.domain.time import SECOND, to_iso

START = 1_790_000_000 * SECOND
CLIPS = Path(__file__).parents[2] / "clips"
CLIP_TRUTHS = {clip["name"]: clip for clip in json.loads((CLIPS / "truth.json").read_text())["clips"]}


def iso(seconds):
    return to_iso(START + round(seconds * SECOND))


def grant(seconds, door="lobby", **more):
    return {"device_id": door, "timestamp": iso(seconds), "event_type": "AccessGranted", **more}


def person(seconds, track="1", door="lobby", **more):
    return {"door": door, "timestamp": iso(seconds), "direction": "in", "track": track, **more}


@pytest.fixture
def audit(tmp_path):
    """Run the command over these records; files that are given as text are written as they are."""

    def run(*arguments, events=(), **files):
        command = ["--events", write("events", events)]
        for name, content in files.items():
            command += [f"--{name}", write(name, content)]
        return Ran(CliRunner().invoke(app, [*command, *arguments]))

    def write(name, content):
        path = tmp_path / f"{name}.jsonl"
        text = content if isinstance(content, str) else "".join(json.dumps(line) + "\n" for line in content)
        path.write_text(text)
        return str(path)

    return run


class Ran:
    def __init__(self, result):
        self.code = result.exit_code
        self.errors = result.stderr
        self.incidents = [json.loads(line) for line in result.stdout.splitlines()]


def test_a_tailgating_is_one_json_line_and_exit_code_1(audit):
    ran = audit(
        events=[grant(0, actor_name="J. Rivera", event_id="g")],
        crossings=[person(2, crossing_id="a"), person(3, "2", crossing_id="b")],
    )
    assert ran.code == 1
    (incident,) = ran.incidents
    expected = {
        "door": "lobby",
        "kind": "tailgating",
        "start": iso(3),
        "end": iso(3),
        "people": 2,
        "grants": 1,
        "excess": 1,
        "reason": "2 people, 1 grant: J. Rivera was let in, 1 more entered without a grant 1.0 s later",
        "crossings": ["a", "b"],
        "grant_ids": ["g"],
    }
    assert {key: incident[key] for key in expected} == expected


def test_an_uneventful_day_prints_nothing_and_ends_with_0(audit):
    ran = audit(events=[grant(0)], crossings=[person(2)])
    assert (ran.code, ran.incidents) == (0, [])
    assert "events 1, crossings 1, doors 1, incidents 0, bad lines 0" in ran.errors


def test_doors_are_judged_apart_and_incidents_come_in_order_of_time(audit):
    ran = audit(
        events=[grant(0), grant(0, door="gate")],
        crossings=[person(50, "3"), person(2), person(3, "2", door="gate"), person(4, "4", door="gate")],
    )
    assert [(one["door"], one["kind"]) for one in ran.incidents] == [
        ("gate", "tailgating"),
        ("lobby", "unauthorized_entry"),
    ]


def test_events_without_an_id_are_known_by_device_time_type_and_actor(audit):
    twice = [grant(0, actor_id="7"), grant(0, actor_id="7")]
    assert audit(events=twice, crossings=[person(2), person(3, "2")]).code == 1
    other = [grant(0, actor_id="7"), grant(0, actor_id="8")]
    assert audit(events=other, crossings=[person(2), person(3, "2")]).code == 0


def test_times_may_be_milliseconds_and_tracks_numbers(audit):
    event = {**grant(0), "timestamp": START // 1000}
    assert audit(events=[event], crossings=[{**person(2), "track": 17}]).code == 0


def test_a_policy_file_is_obeyed(audit):
    records = {"events": [grant(0)], "crossings": [person(2), person(3, "2")]}
    assert audit(**records, policy="guests_per_grant: 1\n").code == 0
    assert audit(**records, policy="").code == 1


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("grant_after: 1000", "grant_after is 1000; expected seconds from 0 to 300"),
        ("grant_afterwards: 1", "unknown key 'grant_afterwards'"),
        ("[1, 2]", "a policy is a mapping"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_policy_that_cannot_be_used_is_one_sentence_and_exit_code_2(audit, policy, words):
    ran = audit(events=[grant(0)], crossings=[person(2)], policy=policy)
    assert ran.code == 2
    assert words in ran.errors
    assert "policy.jsonl" in ran.errors


def test_coverage_of_cameras_and_pacs_is_read(audit):
    coverage = [
        {"camera": "", "from": iso(-100), "until": iso(1000)},
        {"covered_from": iso(100), "covered_until": iso(1000), "subscribed": ["AccessGranted"]},
    ]
    ran = audit(events=[], crossings=[person(2), person(500, "2")], coverage=coverage)
    assert [(one["state"], one["coverage"]) for one in ran.incidents] == [("unconfirmed", "full"), ("final", "full")]


def test_coverage_may_be_of_one_door_alone(audit):
    coverage = [{"camera_id": "c", "door": "gate", "from": iso(-100), "until": iso(1000)}]
    crossings = [person(2, camera="c", door="gate"), person(2, camera="c")]
    ran = audit(events=[], crossings=crossings, coverage=coverage)
    assert [(one["door"], one["coverage"]) for one in ran.incidents] == [("gate", "full"), ("lobby", "partial")]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[1]", "expected a JSON object"),
        (json.dumps({**grant(0), "timestamp": None}), "'timestamp' is missing"),
        (json.dumps({**grant(0), "timestamp": "yesterday"}), "is not an ISO 8601 time"),
        (json.dumps({**grant(0), "timestamp": 10**18}), "far from any year"),
        (json.dumps({**grant(0), "timestamp": [1]}), "expected ISO 8601"),
        (json.dumps({**grant(0), "device_id": ""}), "'device_id' is missing"),
        (json.dumps({**grant(0), "device_id": 5}), "'device_id' is 5; expected a text"),
        (json.dumps({**grant(0), "event_type": None}), "'event_type' is missing"),
        (json.dumps({**grant(0), "side": "up"}), "'side' is 'up'; expected in or out"),
        (json.dumps({**grant(0), "side": ["in"]}), "'side' is ['in']; expected in or out"),
        (json.dumps({**grant(0), "actor_id": {"id": 1}}), "'actor_id' is {'id': 1}; expected a text"),
        (json.dumps({**grant(0), "labels": "vip"}), "'labels' is 'vip'; expected a list"),
    ],
)
def test_a_bad_line_of_events_is_named_with_file_and_line_while_the_good_ones_work(audit, line, words):
    ran = audit(events=f"{json.dumps(grant(0))}\n\n{line}\n", crossings=[person(2)])
    assert ran.code == 1
    (told,) = [row for row in ran.errors.splitlines() if "events.jsonl:3: " in row]
    assert words in told
    assert "events 1, crossings 1, doors 1, incidents 0, bad lines 1" in ran.errors


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"timestamp": None}, "'timestamp' is missing"),
        ({"timestamp": None, "time": 2}, "give that with --start"),
        ({"direction": "sideways"}, "'direction' is 'sideways'; expected in or out"),
        ({"track": None}, "'track' is missing"),
        ({"confidence": 2}, "'confidence' is 2; expected 0 to 1"),
        ({"continuous": "yes"}, "'continuous' is 'yes'; expected true or false"),
        ({"possible": -1}, "'possible' is -1; expected a number of people"),
    ],
)
def test_a_bad_line_of_crossings_is_named(audit, change, words):
    ran = audit(events=[grant(0)], crossings=[{**person(2), **change}, person(3)])
    assert ran.code == 1
    assert "crossings.jsonl:1" in ran.errors
    assert words in ran.errors


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"from": iso(0), "until": iso(1)}, "expected 'camera', 'from' and 'until'"),
        ({"camera": "a", "from": iso(1), "until": iso(0)}, "'until' lies before 'from'"),
        ({"covered_from": iso(0), "covered_until": iso(1), "subscribed": "all"}, "expected a list of event types"),
    ],
)
def test_a_bad_line_of_coverage_is_named(audit, line, words):
    ran = audit(events=[grant(0)], crossings=[person(2)], coverage=[line])
    assert ran.code == 1
    assert words in ran.errors


def test_what_may_be_left_out_may_be_null(audit):
    nothing = dict.fromkeys(["crossing_id", "camera", "confidence", "continuous", "possible"])
    ran = audit(events=[grant(0, side=None, actor_id=None, labels=None)], crossings=[person(2, **nothing)])
    assert (ran.code, ran.incidents) == (0, [])


def test_doors_that_no_event_is_about_are_judged_and_pointed_out(audit):
    ran = audit(events=[grant(0)], crossings=[person(2), person(3, door="Lobby")])
    assert [(one["door"], one["kind"]) for one in ran.incidents] == [("Lobby", "unauthorized_entry")]
    assert "no event is about 'Lobby'" in ran.errors
    assert "no event" not in audit(events="", crossings=[person(2)]).errors


def test_a_clock_that_is_off_is_pointed_out_with_what_to_try(audit):
    events = [grant(300 * number + 8) for number in range(12)]
    crossings = [person(300 * number + 2.5, str(number)) for number in range(12)]
    ran = audit(events=events, crossings=crossings)
    assert len(ran.incidents) == 12
    assert "12 people who came alone at 'lobby' passed -5.5 s after their grants" in ran.errors
    assert "try `clock_offset: 8.0`" in ran.errors
    ran = audit(events=events, crossings=crossings, policy="clock_offset: 8.0\n")
    assert (ran.incidents, "clock_offset" in ran.errors) == ([], False)


def test_events_of_another_hour_than_the_people_are_pointed_out(audit):
    ran = audit(events=[grant(3600)], crossings=[person(2)])
    assert f"are of {iso(3600)[:19]}Z to" in ran.errors
    assert "is --start right?" in ran.errors
    assert "--start" not in audit(events=[grant(30)], crossings=[person(2)]).errors


def test_of_very_many_bad_lines_some_are_told_and_all_counted(audit):
    ran = audit(events=json.dumps(grant(0)) + "\n" + "nonsense\n" * 50, crossings=[])
    assert ran.errors.count("not JSON") == 20
    assert "and 30 more bad lines" in ran.errors
    assert "bad lines 50" in ran.errors


def test_a_file_without_one_readable_event_is_judged_as_nothing_and_never_as_an_empty_day(audit):
    ran = audit(events="nonsense\n" * 3, crossings=[person(2)])
    assert (ran.code, ran.incidents) == (2, [])
    assert "events.jsonl holds no event that can be read: all 3 of its lines are bad" in ran.errors
    ran = audit(events=[grant(0)], crossings="nonsense\n")
    assert (ran.code, ran.incidents) == (2, [])
    assert "crossings.jsonl holds no crossing that can be read" in ran.errors


def test_a_video_without_events_needs_the_time_of_its_first_frame(audit, tmp_path):
    clip = CLIP_TRUTHS["s09-nobody"]
    scene = tmp_path / "scene.yaml"
    scene.write_text(json.dumps(clip["scene"]))
    ran = audit("--video", str(CLIPS / clip["file"]), "--scene", str(scene), events=[])
    assert (ran.code, ran.incidents) == (2, [])
    assert "give the time of its first frame with --start" in ran.errors


def test_a_missing_file_is_one_sentence_and_exit_code_2(audit):
    ran = audit("--crossings", "/nowhere/crossings.jsonl", events=[grant(0)])
    assert ran.code == 2
    assert "/nowhere/crossings.jsonl cannot be read: No such file or directory" in ran.errors


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--video", "a.mp4"],
        ["--scene", "a.yaml", "--crossings", "c"],
        ["--video", "a.mp4", "--scene", "s", "--crossings", "c"],
        ["--crossings", "c", "--start", "noon"],
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(audit, arguments):
    assert audit(*arguments, events=[grant(0)]).code == 2


def test_lines_of_count_are_understood_when_the_start_is_told(audit):
    counted = [{"door": "lobby", "time": 2.5, "frame": 31, "direction": "in", "track": "1", "confidence": 0.9}]
    assert audit("--start", iso(0), events=[grant(0)], crossings=counted).code == 0
    assert audit("--start", iso(60), events=[grant(0)], crossings=counted).code == 1


def clip_events(clip):
    return [
        {
            "device_id": "lobby",
            "timestamp": iso(event["offset_s"]),
            "event_type": event["event_type"],
            "actor_name": event["actor_name"],
        }
        for event in clip["events"]
    ]


def counts(incidents):
    return [tuple(one[key] for key in ("kind", "people", "grants", "excess")) for one in incidents]


@pytest.mark.parametrize("name", CLIP_TRUTHS)
def test_the_true_crossings_of_a_clip_give_its_expected_incidents_and_none_other(audit, name):
    clip = CLIP_TRUTHS[name]
    crossings = [{**person(one["time_s"], one["person"]), "direction": one["direction"]} for one in clip["crossings"]]
    assert counts(audit(events=clip_events(clip), crossings=crossings).incidents) == counts(clip["expected"])


@pytest.fixture
def detector():
    from doorwatch.domain.errors import DoorwatchError
    from doorwatch.vision.models import open_detector

    try:
        open_detector(None)
    except DoorwatchError as error:
        if os.environ.get("CI") or os.environ.get("DOORWATCH_REQUIRE_MODEL"):
            raise
        pytest.skip(f"NO DETECTOR ON THIS MACHINE: {error}")


@pytest.mark.parametrize("name", ["s02-tailgating", "s05-u-turn"])
def test_a_video_gives_its_expected_incidents_and_none_other(audit, detector, tmp_path, name):
    clip = CLIP_TRUTHS[name]
    scene = tmp_path / "scene.yaml"
    scene.write_text(yaml.safe_dump({**clip["scene"], "door": "lobby"}))
    video = ["--video", str(CLIPS / clip["file"]), "--scene", str(scene)]
    ran = audit(*video, "--start", iso(0), events=clip_events(clip))
    assert counts(ran.incidents) == counts(clip["expected"])


def test_events_of_another_door_than_the_scenes_are_pointed_out(audit, detector, tmp_path):
    clip = CLIP_TRUTHS["s09-nobody"]
    scene = tmp_path / "scene.yaml"
    scene.write_text(yaml.safe_dump({**clip["scene"], "door": "elsewhere"}))
    video = ["--video", str(CLIPS / clip["file"]), "--scene", str(scene), "--progress"]
    ran = audit(*video, events=clip_events(clip))
    assert "none of the events is about 'elsewhere'" in ran.errors
    assert re.search(r"^audit: 0:00:00 of 0:00:\d\d looked at \(0%\)$", ran.errors, re.MULTILINE)
    assert f"the video is taken to begin at {iso(2)}" in ran.errors


def test_a_video_that_is_none_is_one_sentence_and_exit_code_2(audit, detector, tmp_path):
    scene = tmp_path / "scene.yaml"
    scene.write_text(yaml.safe_dump({**CLIP_TRUTHS["demo"]["scene"], "door": "lobby"}))
    ran = audit("--video", str(scene), "--scene", str(scene), events=[grant(0)])
    assert ran.code == 2
    assert "scene.yaml" in ran.errors
    assert "Traceback" not in ran.errors


def test_a_building_of_many_doors_is_judged_in_one_go(audit):
    chance = random.Random(7)
    events, crossings = [], []
    for number in range(4_000):
        door, at = f"d{chance.randrange(50)}", chance.random() * 86_400
        events.append(grant(at, door=door))
        crossings.append(person(at + 2, str(number), door=door))
    ran = audit(events=events, crossings=crossings)
    assert ran.code == 0, ran.errors
    assert "events 4000, crossings 4000, doors 50" in ran.errors


# The first values are sound.
_FIELDS = {
    "device_id": ["d", "", None, 7],
    "door": ["d", "", None, 7],
    "timestamp": [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.123456Z",
        "2026-01-31T13:00:00+01:00",
        1769860800123,
        "soon",
        None,
    ],
    "event_type": ["AccessGranted", "", None, 3],
    "event_id": ["e", "", None, 5],
    "crossing_id": ["c", "", None, 5],
    "side": ["in", "out", "up", "", None],
    "direction": ["in", "out", "IN", "", None],
    "actor_id": ["a", "", None, 4],
    "actor_name": ["Ann", "", None],
    "labels": [["x"], [], ["x", 1], "x", None],
    "track": ["t", "", 12, 1.5, True, None],
    "camera": ["cam", "", None, 1],
    "confidence": [0.5, 1, 0, 1.5, -1, True, None, "1"],
    "continuous": [True, False, None, 1],
    "possible": [0, 2, 101, -1, True, 1.0, None],
}


@pytest.mark.parametrize(("quick", "slow"), [(usual_event, read_event), (usual_crossing, crossing_reader(None))])
def test_lines_that_are_read_quickly_say_what_they_say_when_read_with_care(quick, slow):
    chance, taken = random.Random(7), 0
    for _ in range(4000):
        line = {
            name: chance.choice([values[0]] * (9 * len(values)) + values)
            for name, values in _FIELDS.items()
            if chance.random() < 0.95
        }
        raw = msgspec.json.encode(line)
        if (found := quick(raw)) is not None:
            taken += 1
            assert found == slow(msgspec.json.decode(raw)), line
    assert taken > 1000
    for raw in (b"", b"[]", b"{", b'"x"', b"\xff", b"null"):
        assert quick(raw) is None
