"""How far a long video is stands on a terminal, and elsewhere only when it is asked for."""

import io

import pytest

from doorwatch.cli import progress
from doorwatch.cli.progress import Progress
from doorwatch.domain.time import SECOND


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def wait(monkeypatch):
    """Seconds go by as they are told to."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])

    def go_by(seconds):
        now[0] += seconds

    return go_by


def test_a_terminal_has_one_line_that_is_written_again(wait):
    screen = Terminal()
    far = Progress("audit", stream=screen)
    far.passed(0, 3600 * SECOND)
    wait(0.4)
    far.passed(5 * SECOND, 3600 * SECOND)
    wait(59.6)
    far.passed(900 * SECOND, 3600 * SECOND)
    far.clear()
    shown = screen.getvalue().split("\r")
    assert [line.rstrip() for line in shown if line.strip()] == [
        "audit: 0:00:00 of 1:00:00 looked at (0%)",
        "audit: 0:15:00 of 1:00:00 looked at (25%), about 3 min left",
    ]
    assert shown[-1] == ""


@pytest.mark.parametrize(("wanted", "lines"), [(None, 0), (False, 0), (True, 2)])
def test_a_file_or_pipe_gets_a_line_now_and_then_where_it_is_asked_for(wait, wanted, lines):
    pipe = io.StringIO()
    far = Progress("count", wanted=wanted, stream=pipe)
    for gone in range(16):
        far.passed(gone * SECOND, 0)
        wait(1)
    far.clear()
    told = ["count: 0:00:00 of the video looked at", "count: 0:00:10 of the video looked at"]
    assert pipe.getvalue().splitlines() == told[:lines]


def test_a_terminal_stays_quiet_when_that_is_wanted():
    screen = Terminal()
    Progress("audit", wanted=False, stream=screen).passed(0, SECOND)
    assert screen.getvalue() == ""
