"""The configuration that an analyzer keeps: sealed under its token, for its owner alone, and gone when that is another."""

import json
import stat

import pytest
from structlog.testing import capture_logs

from doorwatch.analyzer.kept import KeptConfiguration
from doorwatch.analyzer.settings import read_configuration

COMMAND = {
    "command": "configure",
    "revision": 7,
    "cameras": [{"camera_id": "cam-1", "name": "Lobby", "url": "rtsp://u:s3cr3t@camera/1", "scenes": []}],
}
TOKEN = "dwa_0123456789_abcdefghijklmnop"


def test_what_is_kept_is_read_with_the_same_token_and_is_not_readable_without(tmp_path):
    kept = KeptConfiguration(tmp_path, TOKEN)
    assert kept.load() is None
    kept.keep(COMMAND)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"s3cr3t" not in path.read_bytes()
    assert b"Lobby" not in path.read_bytes()
    assert KeptConfiguration(tmp_path, TOKEN + "\n").load() == read_configuration(COMMAND)
    assert KeptConfiguration(tmp_path, "another").load() is None


def test_the_same_configuration_is_never_sealed_the_same_way(tmp_path):
    kept = KeptConfiguration(tmp_path, TOKEN)
    kept.keep(COMMAND)
    first = (tmp_path / "configuration.sealed").read_bytes()
    kept.keep(COMMAND)
    assert (tmp_path / "configuration.sealed").read_bytes() != first


def test_what_an_older_version_kept_readable_is_sealed_and_deleted(tmp_path):
    (tmp_path / "configuration.json").write_text(json.dumps(COMMAND))
    kept = KeptConfiguration(tmp_path, TOKEN)
    assert kept.load() == read_configuration(COMMAND)
    assert [path.name for path in tmp_path.iterdir()] == ["configuration.sealed"]
    assert KeptConfiguration(tmp_path, TOKEN).load() == read_configuration(COMMAND)


def test_an_older_file_never_replaces_a_newer_one(tmp_path):
    kept = KeptConfiguration(tmp_path, TOKEN)
    kept.keep(COMMAND)
    (tmp_path / "configuration.json").write_text(json.dumps({**COMMAND, "revision": 1}))
    assert kept.load().revision == 7
    assert not (tmp_path / "configuration.json").exists()


def test_on_a_full_disk_the_former_stays_whole_and_the_cameras_are_watched_all_the_same(small_disk):
    kept = KeptConfiguration(small_disk.path, TOKEN)
    kept.keep(COMMAND)
    small_disk.fill()
    with capture_logs() as said:
        kept.keep({**COMMAND, "revision": 8, "filler": "x" * 100_000})
    assert "make room on the disk" in said[0]["event"]
    assert kept.load().revision == 7
    assert {path.name for path in small_disk.path.iterdir()} == {"ballast", "configuration.sealed"}


@pytest.mark.parametrize("content", ["", "{", "[]", "doorwatch sealed 1\n", "doorwatch sealed 1\n0123456789ab rest"])
def test_a_damaged_file_is_no_configuration(tmp_path, content):
    (tmp_path / "configuration.sealed").write_text(content)
    (tmp_path / "configuration.json").write_text(content)
    assert KeptConfiguration(tmp_path, TOKEN).load() is None


@pytest.mark.parametrize("told", [[], {"cameras": [{}]}, {"cameras": 5}])
def test_a_configuration_that_says_nonsense_is_none(tmp_path, told):
    kept = KeptConfiguration(tmp_path, TOKEN)
    kept.keep(told)
    assert kept.load() is None
