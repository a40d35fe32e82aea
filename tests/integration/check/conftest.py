"""The installations that the tests of this folder damage and prove."""

import socket
import sys
from pathlib import Path

import pytest

from doorwatch.store import Database

# installed.py is shared by test modules, which are no package
sys.path.insert(0, str(Path(__file__).parent))

from installed import Installed


@pytest.fixture
def house(tmp_path, database, database_address):
    return Installed(tmp_path, database, database_address)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    """A SQLite installation that tests of the file itself may copy and break."""
    folder = tmp_path_factory.mktemp("installation")
    with Database.open(f"sqlite:///{folder / 'doorwatch.db'}") as db:
        Installed(folder, db)
    return folder


@pytest.fixture
def own(pattern, tmp_path):
    for file in pattern.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture
def free_port():
    """A port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]
