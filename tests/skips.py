"""Where CI runs, a test that is skipped fails, unless the reason is one that no machine can mend.

A skip is for people's machines. In CI everything that `make test` installs is there, so a skip means that something
went missing without anybody noticing.
"""

import os

import pytest

# Open data that is not part of the project; rights that a container may lack; cases that do not exist for one subject.
EXCUSED = ("NOT BESIDE THE PROJECT: ", "NOT PERMITTED HERE: ", "DOES NOT APPLY: ")


def in_ci() -> bool:
    """Whether this run is to prove something."""
    return os.environ.get("CI", "").lower() in {"true", "1"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and in_ci() and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not reason.startswith(EXCUSED):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, which CI does not accept: {reason}"
    return report
