"""`doorwatch rekey`: another key while the former one is known, and what is given up when it is not."""

import base64
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from doorwatch.cli.rekey import app
from doorwatch.server.keys import KEY_FILE, SecretKeyError, open_database
from doorwatch.server.settings import load_settings
from doorwatch.store import cameras, rekeying, tenants
from doorwatch.store.engine.errors import StoreError

NOW = 1_800_000_000_000_000
URL = "rtsp://viewer:s3cr3t@10.0.0.8/stream2"


@pytest.fixture
def installed(tmp_path):
    """An installation with one camera: its settings, its account and its key file."""
    settings = load_settings(data_dir=tmp_path)
    with open_database(settings, NOW) as db:
        account = db.write_sync(lambda conn: tenants.ensure_default(conn, NOW)[0].account_id)
        db.write_sync(lambda conn: cameras.add_camera(conn, account, name="Gate", url=URL, now=NOW, camera_id="cam"))
    return SimpleNamespace(settings=settings, account=account, folder=tmp_path, key=tmp_path / KEY_FILE)


def camera_of(installed, settings=None):
    with open_database(settings or installed.settings, NOW) as db:
        return db.read_sync(lambda conn: cameras.get_camera(conn, installed.account, "cam"))


def run(installed, *arguments, code=0):
    done = CliRunner().invoke(app, ["--data-dir", str(installed.folder), *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def test_secrets_get_another_key_and_nothing_is_lost(installed):
    former = installed.key.read_text()
    told = run(installed).output
    assert "secrets are sealed with the new key" in told
    assert installed.key.read_text() != former
    assert not installed.key.with_name("secrets.key.new").exists()
    assert camera_of(installed).url == URL
    installed.key.write_text(former)
    with pytest.raises(StoreError, match="put the right key back"):
        camera_of(installed)


def test_the_new_key_can_be_named(installed, monkeypatch):
    mounted = installed.folder / "mounted"
    mounted.write_text(base64.b64encode(bytes(range(32))).decode())
    run(installed, "--new-key-file", mounted)
    monkeypatch.setenv("DOORWATCH_SECRET_KEY_FILE", str(mounted))
    named = load_settings(data_dir=installed.folder)
    assert camera_of(installed, named).url == URL
    done = run(installed, code=1)
    assert isinstance(done.exception, SecretKeyError)
    assert "--new-key-file" in str(done.exception)


def test_a_new_key_that_is_none_changes_nothing(installed):
    bad = installed.folder / "bad"
    bad.write_text("short")
    done = run(installed, "--new-key-file", bad, code=1)
    assert "32 bytes in base64" in str(done.exception)
    assert camera_of(installed).url == URL


def test_a_rotation_that_was_interrupted_before_its_last_step_is_gone_on_with(installed, monkeypatch):
    reseal = rekeying.reseal

    def cut_off(conn, new):
        reseal(conn, new)
        raise StoreError("the power failed")

    monkeypatch.setattr(rekeying, "reseal", cut_off)
    run(installed, code=1)
    monkeypatch.undo()
    waiting = installed.key.with_name("secrets.key.new")
    key = waiting.read_text()
    assert camera_of(installed).url == URL
    run(installed)
    assert installed.key.read_text() == key
    assert camera_of(installed).url == URL


def test_a_rotation_that_was_interrupted_after_sealing_is_gone_on_with(installed):
    former = installed.key.read_text()
    run(installed)
    # as if the new key had not been put in the former one's place yet
    installed.key.rename(installed.key.with_name("secrets.key.new"))
    installed.key.write_text(former)
    assert "0 secrets" in run(installed).output
    assert camera_of(installed).url == URL


def test_after_a_lost_key_cameras_stay_and_want_their_address_anew(installed):
    installed.key.unlink()
    with pytest.raises(StoreError, match="`doorwatch rekey --lost`"):
        camera_of(installed)
    assert "Give up the addresses" in run(installed, "--lost", code=1).output
    with pytest.raises(StoreError):
        camera_of(installed)
    assert "1 camera wants" in run(installed, "--lost", "--yes").output
    camera = camera_of(installed)
    assert (camera.name, camera.url, camera.enabled) == ("Gate", "", False)
