"""The benchmark of accuracy measures what it says: its mixtures carry the truth along, its scorer counts right."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "bench"))

from staging import mixtures  # noqa: E402 - the folder of benchmarks is no package
from staging.accuracy_page import BEGIN, END  # noqa: E402
from staging.truth import compare, compare_incidents, drawn, summed, wilson  # noqa: E402

from doorwatch.domain.access import Direction  # noqa: E402
from doorwatch.domain.crossing import Crossing  # noqa: E402
from doorwatch.domain.scene import scene_from_mapping  # noqa: E402

KNOWN = {known.clip.name: known for known in drawn()}
SECOND = 1_000_000


def room(name="room"):
    """A bright block that walks from left to right through a grey room, over the line at x = 50 at five seconds."""
    scene = scene_from_mapping(
        {"door": "d", "size": [100, 60], "threshold": [[50, 5], [50, 55]], "inside": [90, 30]}
    )  # fmt: skip

    def shots():
        for tick in range(100):
            picture = np.full((60, 100, 3), 90, np.uint8)
            x = tick
            picture[20:50, max(0, x - 5) : x + 5] = 220
            yield tick * 100_000, picture

    return mixtures.Clip(name, "real", (100, 60), shots, (mixtures.Line(scene, ((5 * SECOND, "in"),), 300_000),))


def passings(clip):
    """When the bright block's middle passes the line of a clip, by looking at the pictures."""
    line = clip.lines[0]
    from doorwatch.domain.geometry import Point

    found, before = [], None
    for at, picture in clip.shots():
        rows, columns = np.nonzero(picture.max(axis=2) > 180)
        if not len(columns):
            continue
        depth = line.scene.depth(Point(float(columns.mean()), float(rows.mean())))
        if before is not None and (before > 0) != (depth > 0):
            found.append((at, "in" if depth > 0 else "out"))
        before = depth
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda clip: clip,
        mixtures.mirrored,
        lambda clip: mixtures.smaller(clip, 0.5),
        lambda clip: mixtures.farther(clip, 0.6),
        lambda clip: mixtures.rolled(clip, 8),
        lambda clip: mixtures.faster(clip, 1.5),
        mixtures.reversed_,
        mixtures.lossy,
        lambda clip: mixtures.at_rate(clip, 6, jitter=0.3),
        mixtures.blanked,
    ],
)
def test_a_changed_clip_still_shows_its_crossings_where_its_truth_says(change):
    clip = change(room())
    found = passings(clip)
    assert [way for _, way in found] == [way for _, way in clip.lines[0].truth]
    for (at, _), (true, _) in zip(found, clip.lines[0].truth, strict=True):
        assert abs(at - true) < 300_000


def test_a_clip_with_its_own_people_again_has_twice_the_crossings_and_shows_them():
    clip = mixtures.joined(room(), 3.0)
    assert [at for at, _ in clip.lines[0].truth] == [5 * SECOND, 8 * SECOND]
    shown = {at: (picture > 180).any(axis=(0, 2)) for at, picture in clip.shots()}
    columns = np.flatnonzero(shown[8 * SECOND])
    assert columns.min() < 55 < 75 < columns.max()


def test_a_mixture_is_the_same_every_time():
    for change in (mixtures.dark, mixtures.noisy, mixtures.lossy):
        once, again = list(change(room()).shots()), list(change(room()).shots())
        assert [at for at, _ in once] == [at for at, _ in again]
        assert all((a == b).all() for (_, a), (_, b) in zip(once, again, strict=True))


def test_found_missed_and_false_are_told_apart():
    truth = [(1 * SECOND, "in"), (5 * SECOND, "in"), (9 * SECOND, "out")]
    counted = [(1_200_000, "in"), (1_300_000, "in"), (9 * SECOND, "in")]
    assert compare(truth, counted, SECOND / 2) == {"crossings": 3, "found": 1, "missed": 2, "false": 2}


def test_intervals_are_wilsons():
    assert wilson(0, 0) is None
    assert wilson(95, 100) == [0.8882, 0.9785]
    assert wilson(28, 28) == [0.8794, 1.0]


@pytest.mark.parametrize("name", KNOWN)
def test_the_true_crossings_give_every_incident_and_no_false_one(name):
    known = KNOWN[name]
    line = known.clip.lines[0]
    crossings = [
        Crossing(str(n), line.scene.door, "c", str(n) if name != "s05-u-turn" else "1", at, Direction(way))
        for n, (at, way) in enumerate(line.truth)
    ]
    row = compare_incidents(known, crossings)
    assert (row["incidents_missed"], row["incidents_false"]) == (0, 0)
    assert row["incidents_right"] == row["incidents"]


def test_sums_tell_false_alarms_for_a_thousand_grants():
    row = {"crossings": 10, "found": 9, "missed": 1, "false": 1, "grants": 50, "incidents_false": 1}
    total = summed([row, row])
    assert total["false_per_1000_grants"] == 20.0
    assert total["found_95"] == wilson(18, 20)
    assert total["true_95"] == wilson(18, 20)


def bench(*arguments):
    return subprocess.run(
        [sys.executable, str(ROOT / "bench" / "accuracy.py"), *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_another_counter_is_scored_by_its_file_of_crossings(tmp_path):
    line = KNOWN["s02-tailgating"].clip.lines[0]
    good = [
        {"clip": "s02-tailgating", "door": line.scene.door, "time": at / SECOND, "direction": way}
        for at, way in line.truth
    ]
    wrong = {**good[0], "time": 0.1}
    file = tmp_path / "crossings.jsonl"
    file.write_text("\n".join(json.dumps(one) for one in [good[0], wrong]))
    done = bench("--case", "drawn", "--crossings", file)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(text) for text in done.stdout.splitlines()]
    assert {key: rows[-1][key] for key in ("crossings", "found", "missed", "false")} == {
        "crossings": 2, "found": 1, "missed": 1, "false": 1,
    }  # fmt: skip


def test_the_tables_are_written_into_the_place_that_the_page_has_for_them(tmp_path):
    line = KNOWN["s02-tailgating"].clip.lines[0]
    file, made = tmp_path / "crossings.jsonl", tmp_path / "accuracy.md"
    good = {"clip": "s02-tailgating", "door": line.scene.door, "time": line.truth[0][0] / SECOND, "direction": "in"}
    file.write_text(json.dumps(good))
    made.write_text(f"# Before\n\n{BEGIN}\nold\n{END}\n\nafter\n")
    assert bench("--case", "drawn", "--crossings", file, "--markdown", made).returncode == 0
    text = made.read_text()
    assert text.startswith("# Before\n")
    assert text.endswith("\nafter\n")
    assert "| drawn doorway | none | 1 | 2 | 1 (9 to 91 %) | 1 | 0 | 0 |" in text
    assert "| s02-tailgating:Lobby door | none | 1 | 2 | 1 | 0 |" in text
    assert "old" not in text


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--case", "dawn", "there is no case 'dawn'"), ("--every", "1,x", "--every takes whole numbers"), ("--seed", "0", "--seed takes")],
)  # fmt: skip
def test_an_option_that_makes_no_sense_is_one_sentence(option, value, words):
    done = bench(option, value)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [("nonsense", "crossings.jsonl:1 is no crossing"), ('{"clip": "other", "door": "d", "time": 1, "direction": "in"}', "names the clip 'other'")],
)  # fmt: skip
def test_a_file_that_cannot_be_scored_is_one_sentence(tmp_path, text, words):
    file = tmp_path / "crossings.jsonl"
    file.write_text(text)
    done = bench("--case", "drawn", "--crossings", file)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
