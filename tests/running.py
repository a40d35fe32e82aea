"""In which order the tests run, what is told while they do, and which files took the time.

Registered as a plugin by `conftest.py`. A run that is cut off has told its failures, because each is written when it
happens; and whoever wants a shorter run finds the dear files at its end.
"""

from collections import Counter

import pytest

TELLING_LINES = 30
"""So much of a failure is written at once; all of it comes at the end."""
DEAREST = 40
"""So many files are named at the end."""

TOGETHER = ("tests/system/", "tests/integration/analyzer/")
"""Folders whose tests play in real time with many processes: one file at a time, not all workers at once."""
FIRST = (*TOGETHER, "tests/browser/", "tests/integration/server/", "tests/integration/")
"""Long files first, so that no worker is left with one while the others have nothing to do."""


def unit_of_work(nodeid: str) -> str:
    """What one worker does whole: a file, or a folder of those that would disturb each other."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.split("::", 1)[0])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: next((n for n, folder in enumerate(FIRST) if item.nodeid.startswith(folder)), 99))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return unit_of_work(nodeid)

    config.option.loadscopereorder = False  # by number of tests, which says nothing about time
    return Scheduling(config, log)


class Teller:
    """Writes each failure when it happens, and the dearest files at the end."""

    def __init__(self, terminal):
        self._terminal = terminal
        self._seconds = Counter()

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        self._seconds[report.nodeid.split("::", 1)[0]] += report.duration
        if report.failed:
            lines = report.longreprtext.splitlines()[-TELLING_LINES:]
            self._terminal.write_line(f"\nFAILED {report.nodeid} in its {report.when} after {report.duration:.0f} s")
            self._terminal.write_line("\n".join(f"    {line}" for line in lines))

    def pytest_terminal_summary(self):
        if len(self._seconds) > 1:
            self._terminal.section("seconds of the dearest files")
            for file, seconds in self._seconds.most_common(DEAREST):
                self._terminal.write_line(f"{seconds:6.0f} {file}")


def pytest_sessionstart(session):
    plugins = session.config.pluginmanager
    terminal = plugins.get_plugin("terminalreporter")
    if terminal is not None:  # a worker has none: what it reports is told where the run was started
        plugins.register(Teller(terminal), "doorwatch-teller")
