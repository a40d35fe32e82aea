"""A disk of some megabytes that can really be filled: a file system in memory, where this may be mounted."""

import contextlib
import os
import subprocess

import pytest


class SmallDisk:
    """The folder `path` on a disk of its own."""

    def __init__(self, path):
        self.path = path
        self._ballast = path / "ballast"

    @property
    def free(self):
        told = os.statvfs(self.path)
        return told.f_bavail * told.f_frsize

    @property
    def total(self):
        told = os.statvfs(self.path)
        return told.f_blocks * told.f_frsize

    def fill(self, leave=0):
        """Take all room but so many bytes, with something that is no recording."""
        with self._ballast.open("ab") as file:
            wanted = max(0, self.free - leave)
            with contextlib.suppress(OSError):  # the last page is never had
                file.write(b"\0" * wanted)

    def relieve(self):
        self._ballast.unlink()


@pytest.fixture
def small_disk(tmp_path):
    """16 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(path)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"NOT PERMITTED HERE: a file system in memory can't be mounted ({made.stderr.strip()})")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
