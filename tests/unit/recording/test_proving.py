"""A listed file is sound, missing, cut short or changed; nothing outside of the recordings is looked at."""

import hashlib

import pytest

from doorwatch.recording.proving import Damage, Listed, damage_of, damages


def test_a_name_that_leads_out_of_the_recordings_is_no_recording(tmp_path):
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")
    root = tmp_path / "recordings"
    root.mkdir()
    told = Listed("a~1", "../secret", 6, hashlib.sha256(b"secret").hexdigest())
    assert damage_of(root, told) is Damage.MISSING


@pytest.mark.parametrize(
    ("held", "listed", "wrong"),
    [
        (None, 5, Damage.MISSING),
        (b"1234", 5, Damage.TRUNCATED),
        (b"123456", 5, Damage.ALTERED),
        (b"12345", 5, Damage.ALTERED),  # of the right size and hash, and yet no video
    ],
)
def test_what_is_wrong_has_a_name(tmp_path, held, listed, wrong):
    if held is not None:
        (tmp_path / "x.mp4").write_bytes(held)
    one = Listed("a~1", "x.mp4", listed, hashlib.sha256(held or b"").hexdigest())
    assert damages(tmp_path, [one]) == {"a~1": wrong.value}
