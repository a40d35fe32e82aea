"""The benchmark of what is seen live, shortened; its wall is the one of sixteen real RTSP cameras."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "live.py"


def told_of(case, *arguments):
    done = subprocess.run(
        [sys.executable, BENCH, "--case", case, *arguments],
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.timeout(420)
def test_sixteen_real_cameras_play_on_one_wall_and_the_page_keeps_no_more_of_them_over_time():
    told = told_of("wall", "--seconds", "16")
    assert told["playing_least"] == told["tiles"] == 16
    assert told["pictures_per_s_least"] > 3  # 12.5 where there is a processor for them
    assert told["buffered_s_most"] < 20
    assert told["heap_mib_grown"] < 1
    assert told["nodes_grown"] < 100
    assert told["listeners_grown"] < 50


def test_every_incident_that_is_told_stands_on_the_open_page_soon():
    told = told_of("incident", "--incidents", "6")
    assert (told["items"], told["lost"]) == (6, 0)
    assert told["p50_ms"] < 3000  # 200 where nothing else runs


def test_the_first_page_of_fifty_results_weighs_less_than_it_may():
    told = told_of("page", "--runs", "1")
    assert told["javascript_kb"] < 400
    assert 0 < told["drawn_p50_ms"] <= told["p50_ms"]


def test_the_number_in_the_picture_tells_how_far_it_lies_behind():
    told = told_of("picture", "--seconds", "4")
    assert told["pictures"] > 10
    assert 0 < told["p50_ms"] < 5000  # 1200 where nothing else runs
