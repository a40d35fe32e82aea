"""The configuration that an analyzer keeps, on a disk whose power is cut while it is kept over and over."""

import random
import sys
from pathlib import Path

import pytest

from doorwatch.analyzer.kept import KeptConfiguration

sys.path.insert(0, str(Path(__file__).parents[3] / "bench"))

from recording.power import may_mount, really_cut

TOKEN = "dwa_0123456789_abcdefghijklmnop"
ANALYZERS = 6
KEEPER = f"""
import itertools, pathlib, sys
from doorwatch.analyzer.kept import KeptConfiguration
folders = sorted(pathlib.Path(sys.argv[1]).iterdir())
for revision in itertools.count(1):
    for folder in folders:
        KeptConfiguration(folder, "{TOKEN}").keep({{"revision": revision, "cameras": []}})
        print(f'["{{folder.name}}", {{revision}}]', flush=True)
"""


def test_what_was_kept_before_the_power_was_cut_is_read_after_it(tmp_path):
    if not may_mount():
        pytest.skip("NOT PERMITTED HERE: a file system of our own (FUSE) can't be mounted")
    new = tmp_path / "new"
    for number in range(ANALYZERS):
        (new / f"analyzer-{number}").mkdir(parents=True)
    seed = random.randrange(1 << 32)
    told, left = really_cut(tmp_path, new, [sys.executable, "-c", KEEPER], random.Random(seed))
    promised = dict(told)  # the last of each
    assert promised, f"seed {seed}"
    for name, revision in promised.items():
        found = KeptConfiguration(left / name, TOKEN).load()
        assert found is not None, f"seed {seed}"
        assert found.revision in {revision, revision + 1}, f"seed {seed}"
