"""`doorwatch backup` of an installation that is written to meanwhile, and what `doorwatch check` says of the copy."""

import json
import os
import shutil
import subprocess
import sys
import threading

import pytest
from typer.testing import CliRunner

from doorwatch.blobs import DiskBlobs
from doorwatch.cli.backup import app
from doorwatch.domain.access import AccessEvent
from doorwatch.domain.errors import DoorwatchError
from doorwatch.domain.time import SECOND
from doorwatch.server.backup import back_up
from doorwatch.server.proof import Wish, prove
from doorwatch.server.settings import Settings
from doorwatch.store import Database, access_events, tenants
from doorwatch.store.engine.errors import StoreError

NOW = 1_767_000_000 * SECOND


@pytest.fixture
def installation(tmp_path, sqlite_pattern):
    settings = Settings(data_dir=tmp_path / "data")
    settings.data_dir.mkdir(mode=0o700)
    shutil.copyfile(sqlite_pattern, settings.data_dir / "doorwatch.db")
    with Database.open(settings.database) as db:
        account, _, pacs = db.write_sync(lambda conn: tenants.ensure_default(conn, NOW, name="HQ", time_zone="UTC"))
        db.account, db.pacs = account.account_id, pacs.pacs_id
        yield settings, db


def add_event(db, number):
    event = AccessEvent(f"e{number}", "lobby", NOW + number * SECOND, "AccessGranted")
    db.write_sync(lambda conn: access_events.store_events(conn, db.account, db.pacs, [event], NOW))


def events_of(folder):
    with Database.open(str(folder / "doorwatch.db")) as copy:
        account = copy.read_sync(tenants.list_accounts)[0].account_id
        pacs = copy.read_sync(lambda conn: tenants.list_pacs(conn, account))[0].pacs_id
        ids = [f"e{number}" for number in range(100_000)]
        return [
            found.event.event_id
            for start in range(0, 2000, 500)
            for found in copy.read_sync(
                lambda conn, s=start: access_events.get_many(conn, account, pacs, ids[s : s + 500])
            )
        ]


def test_a_copy_made_while_events_come_in_holds_a_beginning_of_them_without_a_hole(installation, tmp_path):
    settings, db = installation
    stop = threading.Event()
    written = []

    def write():
        while not stop.is_set():
            add_event(db, len(written))
            written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    while len(written) < 20:
        stop.wait(0.01)
    before = len(written)
    made = back_up(settings, tmp_path / "copy")
    after = len(written)
    stop.set()
    writer.join()
    found = events_of(tmp_path / "copy")
    assert found == [f"e{number}" for number in range(len(found))]
    assert before <= len(found) <= after + 1
    assert made.database_bytes == (tmp_path / "copy" / "doorwatch.db").stat().st_size


def test_a_restored_copy_passes_the_check(installation, tmp_path):
    settings, db = installation
    add_event(db, 1)
    back_up(settings, tmp_path / "restored")
    answers = list(
        prove(Settings(data_dir=tmp_path / "restored"), Wish(NOW + SECOND, NOW - SECOND, NOW, thorough=True))
    )
    assert [answer.name for answer in answers if not answer.kept] == []


def test_files_are_copied_once_and_again_when_they_changed(installation, tmp_path):
    settings, _ = installation
    blobs = DiskBlobs(settings.blobs_dir)
    blobs.put("a/one.jpg", b"1")
    blobs.put("a/two.jpg", b"2")
    first = back_up(settings, tmp_path / "copy")
    blobs.put("a/two.jpg", b"22")
    second = back_up(settings, tmp_path / "copy")
    assert (first.files, first.files_kept, second.files, second.files_kept) == (2, 0, 1, 1)
    assert (tmp_path / "copy" / "blobs" / "a" / "two.jpg").read_bytes() == b"22"
    assert not list((tmp_path / "copy").rglob("*.part"))


def test_the_copy_is_readable_by_its_owner_alone(installation, tmp_path):
    back_up(installation[0], tmp_path / "copy")
    assert (tmp_path / "copy" / "doorwatch.db").stat().st_mode & 0o077 == 0


def test_the_command_tells_what_it_copied(installation, tmp_path):
    settings, _ = installation
    done = CliRunner().invoke(app, [str(tmp_path / "copy"), "--data-dir", str(settings.data_dir), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["files"] == 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: None, "there is no database"),
        (lambda data: (data / "doorwatch.db").write_bytes(b"no database at all" * 100), "can't be copied"),
        (lambda data: (data / "doorwatch.db").write_bytes(b""), "is no database of Doorwatch"),
    ],
)
def test_what_is_no_installation_is_told_and_leaves_no_copy(tmp_path, spoil, words):
    data = tmp_path / "data"
    data.mkdir()
    spoil(data)
    with pytest.raises(StoreError, match=words):
        back_up(Settings(data_dir=data), tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(installation, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DoorwatchError, match="can't be made"):
        back_up(installation[0], tmp_path / "file" / "copy")


def test_a_postgresql_that_is_away_is_told(tmp_path):
    settings = Settings(data_dir=tmp_path, database_url="postgresql://u@127.0.0.1:9/x")
    with pytest.raises(StoreError, match="cannot be reached"):
        back_up(settings, tmp_path / "copy")


def test_a_full_disk_under_the_copy_is_told_and_leaves_none(installation, tmp_path):
    settings, db = installation
    for number in range(20):
        add_event(db, number)
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += "from doorwatch.cli.main import run; sys.argv = ['doorwatch', *sys.argv[1:]]; run()"
    done = subprocess.run(
        [sys.executable, "-c", limited, "backup", str(tmp_path / "copy"), "--data-dir", str(settings.data_dir)],
        capture_output=True, text=True, check=False, timeout=60, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 1
    assert "can't be copied" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "copy").iterdir()) == []
