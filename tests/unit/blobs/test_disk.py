"""Files by name on disk: whole or not at all, and never outside of their folder."""

import os

import pytest

from doorwatch.blobs import BlobError, BlobMissingError, DiskBlobs, check_name


@pytest.fixture
def blobs(tmp_path):
    return DiskBlobs(tmp_path / "blobs")


def test_a_file_is_read_back_as_it_was_put(blobs):
    blobs.put("evidence/a/picture.jpg", b"\xff\xd8 picture")
    assert blobs.get("evidence/a/picture.jpg") == b"\xff\xd8 picture"
    assert blobs.size("evidence/a/picture.jpg") == 10


def test_putting_a_name_again_replaces_the_file(blobs):
    blobs.put("a", b"old")
    blobs.put("a", b"new")
    assert blobs.get("a") == b"new"
    assert blobs.names() == ["a"]


def test_an_open_file_can_be_read_in_pieces(blobs):
    blobs.put("clip.mp4", bytes(range(100)))
    with blobs.open("clip.mp4") as file:
        file.seek(90)
        assert file.read() == bytes(range(90, 100))


def test_a_missing_file_is_told_apart_from_an_unreadable_one(blobs):
    assert blobs.size("nothing") is None
    assert blobs.delete("nothing") is False
    with pytest.raises(BlobMissingError, match="no file nothing"):
        blobs.get("nothing")


def test_a_folder_is_not_a_file(blobs):
    blobs.put("a/b", b"x")
    assert blobs.size("a") is None
    with pytest.raises(BlobMissingError):
        blobs.open("a")


def test_a_deleted_file_is_gone(blobs):
    blobs.put("a/b", b"x")
    assert blobs.delete("a/b") is True
    assert blobs.names() == []


def test_names_are_listed_by_prefix_in_order(blobs):
    for name in ("b/2", "b/1", "a/1", "bb"):
        blobs.put(name, b"")
    assert blobs.names("b/") == ["b/1", "b/2"]
    assert blobs.names("b") == ["b/1", "b/2", "bb"]
    assert blobs.names("c/") == []


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../x", "a/../b", "a//b", ".hidden", "a/.b", "a b", "a\x00", "a/", "x" * 300]
)
def test_a_name_that_leads_elsewhere_is_refused(blobs, name):
    with pytest.raises(BlobError, match="cannot name a file"):
        blobs.put(name, b"")


def test_a_usual_name_is_taken_as_it_is():
    assert check_name("incidents/0f3a-9/clip.mp4") == "incidents/0f3a-9/clip.mp4"


def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(blobs, tmp_path, monkeypatch):
    blobs.put("a", b"old")

    def full_disk(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(BlobError, match="No space left on device"):
        blobs.put("a", b"new")
    assert blobs.get("a") == b"old"
    assert [path.name for path in (tmp_path / "blobs").iterdir()] == ["a"]


def test_a_file_and_every_new_folder_above_it_are_forced_to_disk(blobs, monkeypatch):
    forced = []
    real = os.fsync

    def remember(handle):
        forced.append(os.path.realpath(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", remember)
    blobs.put("x/y/z", b"data")
    names = [path.rsplit("/blobs", 1)[1] for path in forced]
    assert "/x" in names
    assert "" in names
    assert names[-1] == "/x/y"
    assert any(name.startswith("/x/y/.z.") for name in names)


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BlobError, match="cannot be made"):
        DiskBlobs(tmp_path / "file" / "blobs")
