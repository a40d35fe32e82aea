"""The key of the secrets: made once and kept for its owner, or named by the environment."""

import base64
import os
from pathlib import Path

import pytest

from doorwatch.server.keys import KEY_FILE, SecretKeyError, installation_key
from doorwatch.server.settings import load_settings

TEXT = base64.b64encode(bytes(range(32))).decode()


def key_of(folder, **environment):
    return installation_key(load_settings(environment, data_dir=folder), 0)


def test_a_key_is_made_at_the_first_start_for_its_owner_alone(tmp_path):
    first = key_of(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert key_of(tmp_path).seal.key_name == first.seal.key_name
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_and_its_name_are_on_disk_before_anything_is_sealed_with_it(tmp_path, monkeypatch):
    forced = []
    monkeypatch.setattr(os, "fsync", lambda handle: forced.append(Path(f"/proc/self/fd/{handle}").readlink()))
    key_of(tmp_path)
    draft, *folders = forced
    assert (draft.parent, KEY_FILE in draft.name) == (tmp_path, True)
    assert folders[-1] == tmp_path


def test_the_environment_names_a_key_or_its_file_and_nothing_is_made(tmp_path):
    file = tmp_path / "mounted"
    file.write_text(TEXT + "\n")
    by_text, by_file = (
        key_of(tmp_path, DOORWATCH_SECRET_KEY=TEXT),
        key_of(tmp_path, DOORWATCH_SECRET_KEY_FILE=str(file)),
    )
    assert by_text.seal.key_name == by_file.seal.key_name
    assert "SECRET_KEY" in by_text.origin
    assert not (tmp_path / KEY_FILE).exists()


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(bytes(31)).decode(), "é" * 44, "=" * 44])
def test_a_key_that_is_none_is_told_with_what_one_is(tmp_path, text):
    (tmp_path / KEY_FILE).write_text(text)
    with pytest.raises(SecretKeyError, match="openssl rand -base64 32"):
        key_of(tmp_path)


def test_a_key_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(SecretKeyError, match="can't be read from"):
        key_of(tmp_path, DOORWATCH_SECRET_KEY_FILE=str(tmp_path / "nowhere"))
    with pytest.raises(SecretKeyError, match="can't be made"):
        key_of(tmp_path / "no folder")
