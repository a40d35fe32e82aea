"""What the system tests share: a marked environment, so that no process of theirs is overlooked, and a detector."""

import os
import secrets
from pathlib import Path

import pytest

from doorwatch.vision import models
from doorwatch.vision.detect.base import DetectorError


class Marked:
    """Processes that were started from here, and theirs: found by a word in their environment."""

    NAME = "SYSTEM_TEST_MARK"

    def __init__(self):
        self.mark = f"{self.NAME}={secrets.token_hex(8)}"

    @property
    def variables(self):
        name, _, value = self.mark.partition("=")
        return {name: value}

    def pids(self):
        """Those that live; a process that only waits to be collected does not."""
        found = set()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                marked = self.mark.encode() in (entry / "environ").read_bytes()
                if marked and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.add(int(entry.name))
            except OSError:
                continue
        return found

    def tree(self, root):
        """A process and all below it."""
        living, inside = self.pids(), {root}
        parents = {pid: parent for pid in living if (parent := _parent(pid)) is not None}
        while more := {pid for pid, parent in parents.items() if parent in inside} - inside:
            inside |= more
        return inside

    def running(self, words):
        """The processes with these words in their command line."""
        return [pid for pid in self.pids() if words in _command(pid)]


def _parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@pytest.fixture(scope="module")
def marked():
    """All processes of this module; the mark is in the environment as long as the module runs."""
    marked = Marked()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in marked.variables.items():
            patch.setenv(name, value)
        for name in [name for name in os.environ if name.startswith("DOORWATCH_") and name not in _KEPT]:
            patch.delenv(name)
        yield marked


_KEPT = {"DOORWATCH_CAMERA_FOLDERS", "DOORWATCH_CAMERA_NETWORKS", "DOORWATCH_DATA_DIR", "DOORWATCH_MODEL"}


@pytest.fixture(scope="session")
def model():
    """The person detector of this machine; `make test` fetches one when there is none."""
    try:
        return models.find(models.data_folder()).path
    except DetectorError as error:
        pytest.skip(f"NO DETECTOR ON THIS MACHINE: {error}")
