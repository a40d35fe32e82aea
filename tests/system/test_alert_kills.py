"""The server is killed while it hands over mails: each incident that was committed is mailed, hardly one twice."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def measured(*arguments):
    command = [sys.executable, "-m", "doorwatch", "bench", "alerts", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_five_kills_during_delivery_lose_no_mail():
    found = measured("--case", "kills", "--rounds", "5")
    assert (found["kills"], found["lost"], found["unknown"]) == (5, 0, 0)
    assert found["items"] >= 100
    # One that was under way at each kill may come twice, under the same Message-ID.
    assert found["duplicated"] <= 2 * found["kills"]


def test_a_steady_stream_of_incidents_is_mailed_once_each():
    found = measured("--case", "mails", "--rate", "20", "--seconds", "3")
    assert (found["items"], found["lost"], found["duplicated"]) == (60, 0, 0)
