"""A real server is backed up while it runs, and what `doorwatch restore` makes of the copy serves the same."""

import asyncio
import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest
from sqlalchemy import text

from doorwatch.accounts.roles import Role, TokenKind
from doorwatch.server.backup import back_up, refuse_unfinished, restore
from doorwatch.server.backup.contents import BackupError
from doorwatch.server.backup.restoring import UNFINISHED
from doorwatch.server.proof import Wish, prove
from doorwatch.server.settings import Settings
from doorwatch.store import Database
from doorwatch.store.engine.errors import StoreError

CLIP = b"\0\0\0\x18ftyp" + bytes(range(256)) * 400
PICTURE = b"\xff\xd8\xff" + CLIP
KEY = "secrets.key"


@pytest.fixture(params=["sqlite", "postgresql"])
def addresses(request):
    """Where the installation lies, and where it is restored to: None for a file in the data folder."""
    if request.param == "sqlite":
        yield None, None
        return
    server = request.getfixturevalue("postgres_server")
    names = [f"t{uuid4().hex}" for _ in range(2)]
    server.execute(f"CREATE DATABASE {names[0]} TEMPLATE pattern")
    server.execute(f"CREATE DATABASE {names[1]} TEMPLATE template0")
    yield tuple(server.address(name) for name in names)
    for name in names:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def tell_of_two_on_one_grant(site, gateway, analyzer, door_id, camera_id):
    event = {"device_id": "lobby", "timestamp": site.iso(-4), "event_type": "AccessGranted", "actor_name": "J. Rivera"}
    common = {"camera_id": camera_id, "door_id": door_id, "direction": "in", "confidence": 0.9, "continuous": True}
    crossings = [
        {**common, "crossing_id": f"c{n}", "track": f"c{n}", "at": site.iso(-n), "possible": 0, "trail": []}
        for n in (1, 2)
    ]
    await gateway.post("/api/pacs/webhooks", {"event": event})
    await analyzer.post("/api/analyzer/crossings", {"crossings": crossings})


async def furnished(site, eventually):
    """People, a mapped door and an incident with its evidence; the tokens that machines use."""
    owner = await site.user(Role.OWNER)
    await site.user(Role.VIEW)
    tokens = {kind: await site.token(kind) for kind in (TokenKind.GATEWAY, TokenKind.ANALYZER)}
    gateway, analyzer = (site.caller({"Authorization": f"Bearer {token}"}) for token in tokens.values())
    door_id, camera_id = await site.furnish(owner, gateway)
    await tell_of_two_on_one_grant(site, gateway, analyzer, door_id, camera_id)
    incident = (await eventually(lambda: owner.get("/api/incidents")))[0]
    headers = {"X-Camera-Id": camera_id, "X-Start": site.iso(-5), "X-Duration-Us": "4000000", "X-Revision": "1"}
    for kind in ("picture.jpg", "clip.mp4"):
        path = f"/api/analyzer/evidence/{incident['incident_id']}/{kind}"
        await analyzer.call("PUT", path, data=PICTURE if kind == "picture.jpg" else CLIP, headers=headers)
    return incident["incident_id"], door_id, tokens


async def test_what_was_backed_up_while_it_ran_serves_again_after_a_restore(
    addresses, tmp_path, run_server, eventually
):
    before, after = addresses
    there = Settings(data_dir=tmp_path / "there", database_url=after)
    async with run_server(tmp_path / "here", database_url=before) as site:
        incident_id, door_id, tokens = await furnished(site, eventually)
        made = await asyncio.to_thread(back_up, site.services.settings, tmp_path / "copy")
        assert made.keys == (KEY,)
    done = await asyncio.to_thread(restore, tmp_path / "copy", there)
    assert (done.files, done.keys) == (4, (KEY,))
    assert (there.data_dir / KEY).read_text() == (tmp_path / "here" / KEY).read_text()
    assert not (there.data_dir / UNFINISHED).exists()

    async with run_server(there.data_dir, database_url=after) as site:
        person = await site.signed_in("owner-main@example.com")
        assert [user["email"] for user in await person.get("/api/users")] == [
            "owner-main@example.com",
            "view-main@example.com",
        ]
        door = await person.get(f"/api/doors/{door_id}")
        assert [camera["name"] for camera in door["cameras"]] == ["Lobby camera"]
        found = await person.get("/api/search", params={"q": "tailgating lobby"})
        assert found["moments"][0]["incident_id"] == incident_id
        async with person.http.get(f"/api/incidents/{incident_id}/clip.mp4") as clip:
            assert await clip.read() == CLIP
        gateway = site.caller({"Authorization": f"Bearer {tokens[TokenKind.GATEWAY]}"})
        event = {"device_id": "lobby", "timestamp": site.iso(), "event_type": "AccessGranted"}
        assert await gateway.post("/api/pacs/webhooks", {"event": event}) == {"stored": 1}
        now = site.clock.now()
        wish = Wish(now, now - 3_600_000_000, now, thorough=True)
        answers = await asyncio.to_thread(lambda: list(prove(site.services.settings, wish)))
    assert [(answer.name, answer.broken) for answer in answers if not answer.kept and answer.name != "verdicts"] == []


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A backup of a small installation: one file of evidence, one key."""
    folder = tmp_path_factory.mktemp("backup")
    settings = Settings(data_dir=folder / "data")
    Database.open(settings.database).close()
    (settings.blobs_dir / "evidence").mkdir(parents=True)
    (settings.blobs_dir / "evidence" / "clip.mp4").write_bytes(CLIP)
    (settings.data_dir / KEY).write_text("secret")
    back_up(settings, folder / "copy")
    return folder / "copy"


@pytest.fixture
def spoilt(copy, tmp_path):
    """The backup's folder, to be damaged."""
    subprocess.run(["cp", "-a", copy, tmp_path / "spoilt"], check=True)
    return tmp_path / "spoilt"


def relist(folder, **changes):
    contents = json.loads((folder / "backup.json").read_text())
    (folder / "backup.json").write_text(json.dumps({**contents, **changes}))


DAMAGES = {
    "a list that is missing": (lambda f: (f / "backup.json").unlink(), "holds no whole backup"),
    "a list that is cut": (lambda f: (f / "backup.json").write_bytes(b'{"format": 1, "fi'), "is damaged"),
    "a list that leads elsewhere": (
        lambda f: relist(f, files={"../../etc/passwd": {"bytes": 1, "sha256": "", "changed": 0}}),
        "leads elsewhere",
    ),
    "a list without a database": (lambda f: relist(f, files={}), "names no database"),
    "a picture that is missing": (lambda f: (f / "blobs/evidence/clip.mp4").unlink(), "clip.mp4 is missing"),
    "a picture that is cut": (lambda f: (f / "blobs/evidence/clip.mp4").write_bytes(CLIP[:-1]), "bytes instead of"),
    "a picture with one other bit": (
        lambda f: (f / "blobs/evidence/clip.mp4").write_bytes(b"\x01" + CLIP[1:]),
        "was changed or damaged",
    ),
    "a database that is cut": (lambda f: os.truncate(f / "doorwatch.db", 4096), "doorwatch.db has 4096 bytes"),
    "tables of a newer version": (lambda f: relist(f, revision="9999_later", doorwatch="9.1.0"), "a newer Doorwatch"),
    "a newer form of backup": (lambda f: relist(f, format=2, doorwatch="9.1.0"), "a newer Doorwatch"),
    "another revision than the list says": (lambda f: relist(f, revision="0001"), "not the one of its list"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_backup_that_is_not_whole_is_refused_before_anything_is_written(spoilt, tmp_path, damage):
    spoil, words = DAMAGES[damage]
    spoil(spoilt)
    with pytest.raises((BackupError, StoreError), match=words):
        restore(spoilt, Settings(data_dir=tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_a_data_folder_with_something_in_it_is_never_overwritten(copy, tmp_path):
    target = Settings(data_dir=tmp_path / "new")
    restore(copy, target)
    (target.data_dir / "doorwatch.db").write_bytes(b"what happened since")
    with pytest.raises(BackupError, match="is not empty and nothing is overwritten"):
        restore(copy, target)
    assert (target.data_dir / "doorwatch.db").read_bytes() == b"what happened since"


def test_a_file_where_the_data_folder_should_be_is_told(copy, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError, match="is no folder"):
        restore(copy, Settings(data_dir=tmp_path / "file"))


def test_a_database_that_lies_elsewhere_is_not_overwritten_either(copy, tmp_path):
    (tmp_path / "elsewhere.db").write_bytes(b"somebody's")
    target = Settings(data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path / 'elsewhere.db'}")
    with pytest.raises(StoreError, match="nothing is overwritten"):
        restore(copy, target)
    assert (tmp_path / "elsewhere.db").read_bytes() == b"somebody's"


def test_a_postgresql_database_with_somebodys_tables_is_left_alone(copy, tmp_path, postgres_server):
    name = f"t{uuid4().hex}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE pattern")
    address = postgres_server.address(name)
    with Database.open(address) as db:
        db.write_sync(lambda conn: conn.execute(text("INSERT INTO accounts VALUES ('a', 'Somebody', 1)")))
    with pytest.raises(StoreError, match="holds tables already"):
        restore(copy, Settings(data_dir=tmp_path / "new", database_url=address))
    postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_restore_that_was_broken_off_starts_no_server_and_is_begun_again(copy, tmp_path):
    target = Settings(data_dir=tmp_path / "new")
    target.data_dir.mkdir()
    (target.data_dir / UNFINISHED).touch()
    (target.data_dir / "half.key").write_text("of another backup")
    with pytest.raises(BackupError, match="run doorwatch restore again"):
        refuse_unfinished(target.data_dir)
    restore(copy, target)
    refuse_unfinished(target.data_dir)
    assert not (target.data_dir / "half.key").exists()


def run_limited(copy, target, limit):
    """The command, where no file may grow beyond `limit` bytes: what a full disk is to a process that runs as root."""
    limited = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += "from doorwatch.cli.main import run; sys.argv = ['doorwatch', *sys.argv[1:]]; run()"
    return subprocess.run(
        [sys.executable, "-c", limited, "restore", copy, "--data-dir", target],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_disk_that_fills_on_the_way_leaves_nothing_behind(copy, tmp_path):
    done = run_limited(copy, tmp_path / "new", 65536)
    assert done.returncode == 1
    assert "can't be filled" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "new").iterdir()) == []


def test_a_disk_without_room_is_told_before_anything_is_written(copy, tmp_path):
    contents = json.loads((copy / "backup.json").read_text())
    contents["files"]["blobs/huge"] = {"bytes": 1 << 60, "sha256": "", "changed": 0}
    from doorwatch.server.backup import restoring
    from doorwatch.server.backup.contents import Contents, File

    files = {name: File(**file) for name, file in contents.pop("files").items()}
    with pytest.raises(BackupError, match="make room"):
        restoring._refuse_small(tmp_path, Contents(**contents, files=files))


def test_the_command_tells_what_it_did_and_what_to_do_next(copy, tmp_path):
    done = run_limited(copy, tmp_path / "new", 1 << 40)
    assert done.returncode == 0, done.stderr
    assert "restored as of" in done.stdout
    assert "doorwatch check" in done.stdout


def test_a_backup_without_its_keys_says_so_when_made_and_when_restored(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    Database.open(settings.database).close()
    (settings.data_dir / KEY).write_text("secret")
    made = back_up(settings, tmp_path / "copy", with_keys=False)
    assert (made.keys, made.keys_left_out) == ((), (KEY,))
    assert not (tmp_path / "copy" / KEY).exists()
    assert restore(tmp_path / "copy", Settings(data_dir=tmp_path / "new")).keys_missing
