"""The benchmark of search, shortened: it fills a database, asks every case, and tells what the bars are about."""

import json
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "search.py"
ASKED = {
    *("tailgating_door_week", "two_common", "rare_pair", "person_yesterday", "counts_hour_week", "words_camera_7d"),
    *("hostile", "autocomplete", "size", "insert", "fill"),
}


def test_every_case_is_asked_of_moments_that_the_bench_made_itself():
    done = subprocess.run(
        [sys.executable, BENCH, "--rows", "20000", "--runs", "5", "--seconds", "0.5", "--seed", "1"],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = {line["case"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert set(told) == ASKED
    for case in ("two_common", "words_camera_7d", "autocomplete", "counts_hour_week"):
        assert told[case]["found"] > 0, case
    assert told["insert"]["achieved_per_s"] > 0
    assert 0 < told["size"]["text_bytes_per_moment"] < told["size"]["bytes_per_moment"]
