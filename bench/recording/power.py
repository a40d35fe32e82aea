"""How the power is cut under a program: really, on a disk that is a file system of our own (FUSE, `power_disk`), or as if.

The program is a child that writes what it was promised, a line of JSON each, on its standard output.
"""

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_DISK = Path(__file__).with_name("power_disk.py")
_PATIENCE = 20.0

LOSES = "a disk that loses what was not forced to it"


def really_cut(folder: Path, new: Path, child: list[str], chance: random.Random) -> tuple[list[dict[str, Any]], Path]:
    """Run a child on a disk that holds what `new` does, until its power is cut; what it told, and where what survived lies."""
    disk, left = folder / "disk", folder / "left"
    for made in (disk, left):
        made.mkdir()
    with _mounted(disk, left, chance.randrange(1 << 32)):
        shutil.copytree(new, disk, dirs_exist_ok=True)
        _order(disk, ".settle")
        return killed(disk, child, chance.uniform(0.0, 0.6), lambda: _order(disk, ".cut")), left


def _order(disk: Path, what: str) -> None:
    with suppress(FileNotFoundError):  # it is done, and there is no such folder
        (disk / what).mkdir()


@contextmanager
def _mounted(disk: Path, left: Path, seed: int) -> Iterator[None]:
    command = [sys.executable, str(_DISK), str(disk), str(left), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + _PATIENCE
        while not disk.is_mount():
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                raise RuntimeError("the disk was not mounted")
            time.sleep(0.02)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)
            process.wait(_PATIENCE)


def killed(folder: Path, child: list[str], after: float, cut: Callable[[], None]) -> list[dict[str, Any]]:
    """What a child told until its power was cut so many seconds after the first of it."""
    with subprocess.Popen([*child, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        if process.stdout is None:
            raise RuntimeError("the child came without a pipe")
        first = process.stdout.readline()
        time.sleep(after)
        cut()
        process.kill()
        rest = process.stdout.read()
    # A line that was cut short was told to nobody.
    return [json.loads(line) for line in (first + rest).splitlines(keepends=True) if line.endswith(b"\n")]


def may_mount() -> bool:
    """Whether a file system of our own can be mounted here: the library is there, and nothing forbids it."""
    with tempfile.TemporaryDirectory(prefix="doorwatch-bench-") as name:
        folder = Path(name)
        with suppress(RuntimeError), _mounted(folder, folder, 0):
            return True
    return False
