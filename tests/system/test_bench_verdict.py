"""The benchmark of lateness, shortened: what happens is posted to a real server, and every incident is told and right."""

import json
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "verdict.py"


def test_incidents_among_a_stream_of_events_are_all_told_and_what_the_rule_says():
    done = subprocess.run(
        [sys.executable, BENCH, "--case", "building", "--rate", "400", "--doors", "40", "--seconds", "12"],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["refused"], told["wrong"]) == ({}, 0)
    assert told["incidents"] == told["expected"] == 4
    assert told["crossings"] == 53
    assert set(told["cores"]) == {"server", "judges"}
    assert 0 < told["since_arrival_ms"]["p50_ms"] <= told["since_arrival_ms"]["max_ms"]
